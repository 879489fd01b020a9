"""An example of a document in a response, for the reference pages."""

SUPPORT_CASE = {
    "_id": "1234567890abcdef12345678",
    "name": "Intet billede på DR1",
    "description": "Der har ikke været billede på DR1 siden i går aftes. De andre kanaler virker.",
    "customer": "1234567890abcdef12345678",
    "customerName": "Hansen Boligforening ApS",
    "employee": "1234567890abcdef12345678",
    "employeeName": "Hans Hansen",
    "solved": False,
    "date": "2026-02-17T14:36:09.698Z",
    "lastUpdated": "2026-02-17T15:02:41.000Z",
    "device": "APPLETV",
    "systemVersion": "17.3",
    "playMakerVersion": "1.23a",
    "response": {
        "author": "PlayMaker Teamet",
        "answer": "Genstart boksen, så kommer billedet igen.",
        "date": "2026-02-17T15:02:41.000Z",
        "employee": "507f1f77bcf86cd799439018",
        "employeeName": "Sven Bakkegaard",
    },
    "privateInformation": "Gertrud kan træffes på +45 88 88 99 77 efter klokken 17.",
    "files": [
        {"_id": "1234567890abcdef12345679", "url": "https://example.dk/billeder/skaerm.jpeg", "type": "IMAGE"}
    ],
    "comments": [
        {
            "_id": "1234567890abcdef1234567a",
            "comment": "Det virker nu. Tak!",
            "date": "2026-02-17T15:20:00.000Z",
            "customer": "1234567890abcdef12345678",
            "customerName": "Hansen Boligforening ApS",
            "employee": "1234567890abcdef12345678",
            "employeeName": "Hans Hansen",
            "isSupport": False,
            "files": [],
        }
    ],
}
