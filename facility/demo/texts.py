"""Fictitious texts of the demo's complaints and objects, in several languages."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Trouble:
    """The texts of a complaint: its description, the internal comment and the response to the customer."""

    tag: str
    priority: int
    desc: str
    comment: str
    response: str


DANISH = [
    Trouble("lys", 2, "Lyset på trappen mellem 2. og 3. sal blinker, og om aftenen går det helt ud.",
            "Starteren er skiftet to gange i år. Næste gang hele armaturet.", "Vi har skiftet armaturet. Tak for beskeden."),
    Trouble("vand", 4, "Der drypper vand fra loftet ned på gulvet. Vi har stillet en spand under.",
            "Faldstammen er tæret ved samlingen. VVS bestilt.", "Røret er tætnet, og loftet males, når det er tørt."),
    Trouble("vand", 3, "Toilettet løber hele tiden, også når man har trukket i knappen to gange.",
            "Ny flyder sat i. Cisternen er af den gamle type.", "Cisternen er repareret."),
    Trouble("varme", 3, "Radiatoren er kold, selv om termostaten står på fem.",
            "Stiften i ventilen sad fast. Motioneret og smurt.", "Radiatoren virker igen. Skru den gerne op og ned en gang om måneden."),
    Trouble("varme", 4, "Der er hverken varme eller varmt vand i hele opgangen siden i morges.",
            "Pumpen var slået fra efter strømsvigt i nat.", "Varmen er tilbage. Vi beklager ulejligheden."),
    Trouble("rengøring", 1, "Vinduerne i indgangen er ikke pudset ved sidste besøg.",
            "Var ikke med på listen for ugen. Rettet i planen.", "Vinduerne er pudset og er nu med på den faste liste."),
    Trouble("rengøring", 2, "Skraldespandene er ikke tømt siden fredag, og det lugter.",
            "Afløser kendte ikke baglokalet. Vist rundt i dag.", "Der er tømt og gjort rent."),
    Trouble("rengøring", 2, "Gulvet er glat efter vask. En af vores ansatte var ved at falde.",
            "For meget middel i vandet. Dosering gennemgået med holdet.", "Vi har ændret måden, vi vasker på, og sætter skilt op."),
    Trouble("dør", 3, "Hoveddøren smækker ikke i låsen, så alle kan komme ind om natten.",
            "Dørpumpen justeret. Slutblikket var bøjet.", "Døren lukker igen, som den skal."),
    Trouble("dør", 2, "Nøglebrikken virker kun hver anden gang ved bagdøren.",
            "Læseren er vendt mod regnen. Dæksel bestilt.", "Læseren har fået et dæksel. Sig til, hvis det sker igen."),
    Trouble("elevator", 4, "Elevatoren står mellem stuen og første. Ingen sidder i den, men der kommer en på hjul kl. 14.",
            "Firma tilkaldt, ankomst lovet inden kl. 13.", "Elevatoren kører igen. Fejlen var en dørkontakt."),
    Trouble("elevator", 2, "Knappen til 4. sal lyser ikke mere.", "Pære skiftet samtidig med serviceeftersyn.", "Knappen lyser igen."),
    Trouble("udendørs", 2, "Der ligger løse fliser ved cykelskuret. Man kan snuble over dem i mørke.",
            "Seks fliser lagt om. Rødder fra birken løfter dem.", "Fliserne er lagt om."),
    Trouble("udendørs", 1, "Hækken mod stien er vokset ud over lygten.", "Klippes i uge 38 sammen med resten.", "Hækken er klippet."),
    Trouble("sne", 3, "Der var ikke saltet på rampen kl. 7, og det var spejlglat.",
            "Bilen holdt stille på motorvejen. Kørslen lagt om.", "Rampen er nu først på ruten."),
    Trouble("skadedyr", 3, "Vi har set en mus i køkkenet to dage i træk.", "Hul ved rørgennemføring lukket. Fælder sat op.",
            "Hullet er lukket, og vi ser til fælderne hver anden dag."),
    Trouble("støj", 2, "Ventilationen på taget hyler, når det blæser fra vest.", "Leje slidt. Nyt på lager torsdag.",
            "Lejet er skiftet, og anlægget er stille igen."),
    Trouble("brand", 4, "Røgalarmen bipper hvert minut og har gjort det hele natten.", "Batteri fladt. Alle ti på gangen skiftet.",
            "Batterierne er skiftet på hele gangen."),
]  # fmt: skip

GERMAN = [
    Trouble("licht", 2, "Im Treppenhaus brennt seit gestern kein Licht mehr, ab 17 Uhr sieht man nichts.",
            "Treppenlichtautomat defekt, Ersatz im Magazin.", "Der Automat ist ersetzt. Das Licht brennt wieder."),
    Trouble("wasser", 4, "Unter dem Lavabo läuft Wasser aus, der Teppich im Gang ist schon nass.",
            "Siphon gerissen. Trockner aufgestellt bis Freitag.", "Der Siphon ist ersetzt, der Trockner läuft noch bis Freitag."),
    Trouble("heizung", 3, "Die Heizung klopft jede Nacht ab drei Uhr, an Schlaf ist nicht zu denken.",
            "Leitung entlüftet, Pumpe eine Stufe tiefer.", "Wir haben entlüftet und die Pumpe neu eingestellt."),
    Trouble("heizung", 4, "Im ganzen Haus ist es kalt. Bei uns wohnen ältere Leute.",
            "Brenner auf Störung, Düse gereinigt. Service vorgezogen.", "Die Heizung läuft. Der Service kommt nächste Woche noch einmal."),
    Trouble("reinigung", 1, "Die Glastüre beim Eingang hat überall Fingerabdrücke, auch nach der Reinigung.",
            "Mit dem Team besprochen: Glas zuletzt.", "Besten Dank für den Hinweis, wir achten darauf."),
    Trouble("reinigung", 2, "Die WC im Untergeschoss wurden diese Woche nicht gereinigt.",
            "Badge der Aushilfe war gesperrt. Freigegeben.", "Ist nachgeholt. Entschuldigung für die Umstände."),
    Trouble("türe", 3, "Die Türe zur Tiefgarage schliesst nicht, sie steht die ganze Nacht offen.",
            "Schliesser ausgehängt, Band nachgezogen.", "Die Türe schliesst wieder."),
    Trouble("lift", 4, "Der Lift steckt im dritten Stock, die Türe geht einen Spalt weit auf.",
            "Notdienst vor Ort 09:40. Türkontakt verschmutzt.", "Der Lift fährt wieder. Wir lassen ihn zusätzlich prüfen."),
    Trouble("winter", 3, "Der Gehweg vor Haus 4 war am Morgen nicht geräumt.",
            "Tour beginnt neu bei den Alterswohnungen.", "Ihr Haus kommt jetzt als erstes an die Reihe."),
    Trouble("umgebung", 1, "Beim Spielplatz fehlt am Bänkli eine Latte.", "Latte Lärche 120 cm, im Magazin.", "Die Latte ist ersetzt."),
    Trouble("lüftung", 2, "In der Küche riecht es nach Abluft aus dem Nachbarhaus.",
            "Rückschlagklappe klemmt offen.", "Die Klappe ist gangbar gemacht. Bitte melden, falls es wieder riecht."),
    Trouble("waschküche", 2, "Die Waschmaschine links bleibt beim Spülen stehen und zeigt E18.",
            "Laugenpumpe: Kinderstrumpf. Nicht verrechnen.", "Die Maschine läuft. In der Pumpe war ein Strumpf."),
]  # fmt: skip

ENGLISH = [
    Trouble("access", 3, "My key card stopped working over the weekend and I cannot get into the lab.",
            "Card had expired with the old contract. Extended.", "Your card works again."),
    Trouble("heating", 2, "It is 27 degrees in the reading room. The thermostat does nothing.",
            "Valve actuator stuck open. Replaced.", "The valve has been replaced; it should be 21 degrees by tomorrow."),
    Trouble("light", 1, "One of the lamps above the reception desk has a different colour from the others.",
            "Wrong bulb, 4000 K. Put in 2700 K.", "All lamps now have the same colour."),
    Trouble("water", 3, "The tap in the tea kitchen drips about once a second.", "New washer; tap is worn, plan to replace.",
            "The tap has a new washer. We will replace it at the next service."),
    Trouble("cleaning", 2, "Nobody cleaned the whiteboards and the bins are full after Thursday's event.",
            "Event was not announced to us. Agreed on a calendar.", "Done this morning. Please tell us about events two days ahead."),
    Trouble("noise", 2, "Something hums behind the wall all day. It is louder when the lift moves.",
            "Loose bracket on the cable duct.", "A loose bracket was the cause. It is fixed."),
    Trouble("safety", 4, "The emergency exit on the ground floor is blocked by pallets.",
            "Told the tenant; written warning goes out.", "The exit is free. We have talked to the tenant."),
    Trouble("outdoors", 1, "The bicycle stand by the gate has come off its bolts.", "Two bolts M12 and anchor resin.",
            "The stand is bolted down again."),
]  # fmt: skip

ROOMS = {
    "Danmark": ["Stuen tv.", "1. sal, mødelokale Øresund", "Kælderen ved vaskeriet", "3. sal, køkkenet", "Opgang B",
                "Herretoilettet, stuen", "Hovedindgangen", "Gården", "Lokale 2.14", "Teknikrum T3", ""],
    "Schweiz": ["EG links", "2. OG, Sitzungszimmer Säntis", "UG, Waschküche", "Treppenhaus Nord", "Haupteingang",
                "Tiefgarage Platz 12", "Zimmer 204", "Dachgeschoss", "Heizungsraum", ""],
}  # fmt: skip

AND_THEN = {
    "da": ["", "", "Det er anden gang på en måned.", "Kan I ringe, før I kommer?",
           "Nøglen kan hentes hos vagten.", "Børnene leger lige ved siden af."],
    "de": ["", "", "Das ist schon das dritte Mal.", "Bitte vorher anrufen.", "Der Schlüssel ist beim Hauswart.",
           "Am Dienstag ist niemand da."],
    "en": ["", "", "This is the second time this month.", "Please call before you come.", "I am in the office until four."],
}  # fmt: skip

NO_HURRY = {
    "da": "Det haster ikke, men må gerne nås i denne uge.",
    "de": "Es eilt nicht, aber bitte diese Woche.",
    "en": "No hurry, but it should be on the list.",
}

OBJECTS = [
    # customer, what of it, how many places it has
    ("Hansen Boligforening ApS", ["Hansens Gård, opgang A–C", "Hansens Gård, opgang D–F", "Hansens Gård, vaskeriet",
                                  "Enghavevej 70", "Enghavevej 72", "Festlokalet Saxo"]),
    ("Andelsboligforeningen Solsikken", ["Solsikkevej 1–11", "Solsikkevej 13–21", "Fælleshuset"]),
    ("Grundejerforeningen Strandengen", ["Strandengen, nord", "Strandengen, syd"]),
    ("Kollegiet Nordlyset", ["Blok 1", "Blok 2", "Blok 3", "Fælleskøkkenet"]),
    ("Hotel Fjordblik", ["Hovedbygningen", "Konferencefløjen", "Parkeringskælderen"]),
    ("Plejecentret Egelunden", ["Afdeling Bøgen", "Afdeling Egen", "Køkken og vaskeri"]),
    ("Aarhus Ejendomsservice A/S", ["Kontorhuset Åparken", "Lagerhal 4", "Klostertorvet 9", "Mejlgade 61"]),
    ("Lyngby Gymnasium", ["Hovedbygningen", "Idrætshallen", "Naturfagsfløjen"]),
    ("Tandlægehuset Amager", ["Klinikken"]),
    ("Bageriet Kornblomsten", ["Bageriet", "Butikken i Jægersborggade"]),
    ("Møller & Søn Maskinfabrik A/S", ["Hal 1", "Hal 2 med lakering", "Kontoret"]),
    ("Biblioteket på Havnen", ["Biblioteket", "Magasinet"]),
    ("Roskilde Svømmehal", ["Svømmehallen", "Varmtvandsbassinet"]),
    ("Advokaterne Brandt Krogh", ["Kontoret i Bredgade"]),
    ("Genossenschaft Seeblick", ["Haus 1 und 2", "Haus 3 und 4", "Tiefgarage", "Gemeinschaftsraum"]),
    ("Hotel Bellevue am Pilatus", ["Haupthaus", "Seeflügel", "Wellness und Hallenbad"]),
    ("Alterszentrum Lindenhof", ["Haus Linde", "Haus Ahorn"]),
    ("Kantonsschule Rychenberg", ["Altbau", "Turnhallen", "Mensa", "Chemietrakt"]),
    ("Bäckerei Zürcher & Töchter", ["Backstube", "Filiale Marktgasse"]),
    ("Zahnarztpraxis Dr. Meier-Rüegg", ["Praxis Aeschenvorstadt"]),
    ("Käserei Emmental eG", ["Produktion", "Reifekeller"]),
    ("Bergbahnen Rigiblick AG", ["Talstation", "Bergstation", "Restaurant Rigiblick"]),
]  # fmt: skip

THEIR_OBJECTS = [
    ("Stadtwerke Chur", ["Verwaltung", "Pumpwerk Plessur"]),
    ("Weingut Pfister", ["Keller und Trotte"]),
]

ARTICLES = [
    ("Håndsæbe, flydende", "l"), ("Toiletpapir, 2 lag", "pk."), ("Affaldssække 60 l", "rl."), ("Gulvvaskemiddel", "l"),
    ("LED-pære E27, 8 W", "stk."), ("Vejsalt", "kg"), ("Mikrofiberklude", "pk."), ("Glasreiniger", "l"),
    ("Papierhandtücher", "Pk."), ("Streusplitt", "kg"), ("Luftfilter F7", "Stk."), ("Batteri 9 V", "stk."),
]  # fmt: skip

PLACES = {
    "København V": (55.6692, 12.5531), "Odense M": (55.3710, 10.3520), "Esbjerg": (55.4765, 8.4594),
    "Aarhus N": (56.1915, 10.1720), "Vejle": (55.7060, 9.5410), "Albertslund": (55.6570, 12.3640),
    "Åbyhøj": (56.1560, 10.1660), "Kongens Lyngby": (55.7704, 12.5038), "København S": (55.6600, 12.6030),
    "København N": (55.6910, 12.5520), "Køge": (55.4580, 12.1820), "Aalborg": (57.0480, 9.9217),
    "Roskilde": (55.6415, 12.0803), "København K": (55.6840, 12.5900), "Wädenswil": (47.2300, 8.6720),
    "Luzern": (47.0550, 8.3200), "Bern": (46.9570, 7.4520), "Winterthur": (47.5090, 8.7260),
    "St. Gallen": (47.4245, 9.3767), "Basel": (47.5520, 7.5950), "Langnau i. E.": (46.9390, 7.7870),
    "Goldau": (47.0480, 8.5460), "Chur": (46.8500, 9.5320), "Maienfeld": (47.0060, 9.5310),
}  # fmt: skip

DESCRIPTIONS = {
    "Danmark": ["Trappevask mandag og torsdag, vinduer hver anden måned.", "Parkering i gården, port 2.",
                "Alarmen slås fra inden 30 sekunder.", "Vaskerummet må ikke spules efter kl. 20.", ""],
    "Schweiz": ["Treppenhaus am Montag, Fenster vierteljährlich.", "Anlieferung nur über die Rückseite.",
                "Alarm innert 30 Sekunden ausschalten.", "Ruhezeit 12–13 Uhr beachten.", ""],
}  # fmt: skip

ORDERS = {
    "Danmark": [
        "Ekstra runde efter fester aftales fra gang til gang.",
        "Saltning efter varsel, også weekend.",
        "",
    ],
    "Schweiz": ["Grundreinigung in den Sommerferien.", "Winterdienst bis 6.30 Uhr, auch am Wochenende.", ""],
}

OBJECT_TAGS = ["school", "housing", "night", "winter service", "key box", "hygiene", "north", "south"]
