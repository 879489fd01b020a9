"""Examples of documents in responses, for the reference pages."""

STATUS = {
    "status": 1,
    "createdAt": "2024-01-08T07:30:00Z",
    "createdBy": "507f1f77bcf86cd799439013",
    "lastModifiedAt": "2026-02-20T13:05:44.120Z",
    "lastModifiedBy": "507f1f77bcf86cd799439013",
}

USER = {
    "_id": "507f1f77bcf86cd799439014",
    "companyId": "507f1f77bcf86cd799439010",
    "status": STATUS,
    "username": "alice",
    "firstName": "Alice",
    "lastName": "Sørensen",
    "email": "alice@example.dk",
    "customerId": None,
    "isActive": True,
    "roles": ["Facility staff"],
    "lastLogin": "2026-03-02T07:55:10.004Z",
    "isSuperuser": False,
}

CUSTOMER = {
    "_id": "507f1f77bcf86cd799439015",
    "number": 31,
    "companyId": "507f1f77bcf86cd799439010",
    "status": STATUS,
    "chatId": None,
    "name": "Stadt Zürich, Immobilien",
    "parentResellerId": None,
    "email": "immobilien@example.ch",
    "phone": "+41 44 412 11 11",
    "address": {"street": "Lindenhofstrasse 21", "zip": "8001", "city": "Zürich", "country": "Switzerland"},
    "description": "",
}

CONTACT = {
    "_id": "507f1f77bcf86cd799439017",
    "number": 58,
    "companyId": "507f1f77bcf86cd799439010",
    "status": STATUS,
    "chatId": None,
    "customerId": "507f1f77bcf86cd799439015",
    "firstName": "Urs",
    "lastName": "Meier",
    "email": "urs.meier@example.ch",
    "phone": "+41 79 123 45 67",
    "role": "Hauswart",
}

API_KEY = {
    "_id": "507f1f77bcf86cd799439019",
    "companyId": "507f1f77bcf86cd799439010",
    "status": STATUS,
    "name": "Nightly report",
    "ownerId": "507f1f77bcf86cd799439014",
    "prefix": "0123456789",
    "scopes": ["facility:read"],
    "expiresAt": "2035-01-01T00:00:00Z",
    "lastUsedAt": "2026-03-02T03:00:00.512Z",
}
