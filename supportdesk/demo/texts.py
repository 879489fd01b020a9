"""Fictitious texts of the demo's support cases, in several languages."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Matter:
    """The texts of a case: subject, description, possible devices, comments (`S:` marks those of support) and
    the answer."""

    name: str
    description: str
    devices: str
    comments: tuple[str, ...]
    answer: str


MOBILE, TV = "ANDROID IOS", "ANDROIDTV APPLETV"
BROWSERS = "CROMEMAC CHROMEWINDOWS FIREFOXMAC FIREFOXWINDOWS SAFARIMAC SAFARIWINDOWS"

DANISH = [
    Matter("Intet billede på kanal 12", "Der er lyd, men skærmen er sort. De andre kanaler virker.", f"{TV} DVB",
           ("S: Hvilken boks har I, og sker det også efter en genstart?", "Ja, også efter genstart. Boksen er den lille sorte.",
            "S: Tak. Kanalen er flyttet til en anden strøm; prøv igen om ti minutter."), "Kanal 12 er flyttet. En genstart finder den igen."),
    Matter("Lyden er forskudt", "Munden og lyden passer ikke sammen, cirka et sekund.", TV,
           ("S: Går lyden gennem en soundbar?", "Ja, via optisk kabel.", "S: Sæt forsinkelsen i soundbaren til 0."),
           "Forsinkelsen lå i soundbaren. Vi har skrevet en vejledning."),
    Matter("Kan ikke logge ind efter opdatering", "Appen siger »ukendt fejl 17«, og så starter den forfra.", MOBILE,
           ("S: Har I prøvet at slette appen og hente den igen?", "Det hjalp på den ene telefon, men ikke på den anden.",
            "S: Så venter vi på 1.24, som er sendt til godkendelse."), "Fejl 17 er rettet i version 1.24."),
    Matter("Optagelser forsvinder", "Jeg havde 14 optagelser i går og ingen i dag.", f"{TV} {MOBILE}",
           ("S: Vi kan se dem hos os. Er I logget ind med samme bruger?", "Nej! Min søn havde lavet en ny. Undskyld."),
           "Optagelserne hører til brugeren. De er der, når man skifter tilbage."),
    Matter("Undertekster mangler på dansk", "Kun svensk og norsk kan vælges.", f"{BROWSERS} {TV}",
           ("S: Gælder det alle programmer eller kun ét?", "Kun film om aftenen."), "Udbyderen sender ikke danske tekster på de film."),
    Matter("Billedet hakker om aftenen", "Mellem kl. 20 og 22 stopper det hvert minut.", f"{TV} DVB",
           ("S: Står boksen på kabel eller trådløst?", "Trådløst, to vægge væk.", "Nu har vi trukket et kabel, og det går bedre.",
            "S: Godt! Vi lader sagen stå åben til på fredag."), "Trådløst net var for svagt. Med kabel virker det."),
    Matter("Forkert navn på fakturaen", "Vi hedder ikke længere »& Co.«. Kan det rettes?", "OTHER", (), "Navnet er rettet fra næste faktura."),
    Matter("Ønske: sort baggrund i oversigten", "Den hvide oversigt lyser hele stuen op.", "APPLETV ANDROIDTV",
           ("S: God idé, den er skrevet på listen.",), ""),
    Matter("Flere beboere mangler radiokanaler", "P4 og P5 er væk i blok 2, men ikke i blok 1.", "DVB",
           ("S: Vi kan se, at hovedstationen i blok 2 har en gammel kanalliste.", "Skal vi gøre noget?",
            "S: Nej, den hentes i nat."), "Hovedstationen i blok 2 har fået den nye liste."),
    Matter("Appen bruger meget strøm", "Telefonen er flad til middag, også når jeg ikke ser noget.", MOBILE,
           ("S: Slå »hent i baggrunden« fra. Vi ser på det.",), ""),
    Matter("Nulstilling af pinkode", "Børnelåsen er sat, og ingen kan huske koden.", f"{TV} DVB", (), "Koden er nulstillet til 0000. Vælg en ny."),
    Matter("Fjernbetjeningen svarer langsomt", "Der går to-tre sekunder fra tryk til kanalskift.", "ANDROIDTV DVB",
           ("S: Hjælper nye batterier?", "Nej, men det hjalp at flytte den metalramme, der stod foran."), ""),
]  # fmt: skip

GERMAN = [
    Matter("Kein Ton in den Zimmern im dritten Stock", "Bild ist gut, Ton fehlt seit dem Stromunterbruch.", "DVB ANDROIDTV",
           ("S: Sind die Verstärker im Steigschacht wieder eingeschaltet?", "Einer war aus. Jetzt geht es, merci!"),
           "Der Verstärker im Steigschacht war aus."),
    Matter("Aufnahme startet zu spät", "Die ersten fünf Minuten fehlen immer.", f"{TV}",
           ("S: Stimmt die Uhr auf der Box?", "Nein, sie geht fünf Minuten nach.", "S: Wir stellen sie über das Netz."),
           "Die Uhr der Box wird jetzt über das Netz gestellt."),
    Matter("Login im Browser geht nicht", "Nach dem Passwort kommt wieder die Anmeldeseite.", BROWSERS,
           ("S: Sind Cookies für unsere Seite erlaubt?", "Das war es. Besten Dank."), "Cookies waren gesperrt."),
    Matter("Sender doppelt in der Liste", "SRF 1 und SRF zwei erscheinen zweimal, einmal ohne Bild.", "DVB APPLETV",
           ("S: Bitte den Suchlauf einmal wiederholen.",), "Nach dem neuen Suchlauf ist die Liste richtig."),
    Matter("Frage zu Untertiteln für Hörgeschädigte", "Lassen sie sich für alle Zimmer fest einschalten?", "ANDROIDTV",
           ("S: Ja, im Profil des Hauses. Sollen wir das machen?", "Gerne, für die Abteilung 2."), "Für Abteilung 2 sind sie eingeschaltet."),
    Matter("Begrüssungsbild veraltet", "Auf dem Fernseher steht noch der Name des alten Hauses.", "ANDROIDTV OTHER", (), ""),
]  # fmt: skip

ENGLISH = [
    Matter("App closes when casting", "It starts on the television and closes on the phone a second later.", MOBILE,
           ("S: Which version does the app show under About?", "The number is in the case. The phone is two years old.",
            "S: Thank you, we can repeat it here."), "Fixed in the next version; until then start on the television."),
    Matter("Picture is stretched", "Faces are too wide on the news channel only.", TV,
           ("S: The channel sends the wrong format at times. Does it correct itself?", "After the weather, yes."), ""),
    Matter("Guide is one hour off", "Since the clocks changed everything is an hour late.", f"{BROWSERS} {TV}",
           (), "The guide follows the clock again."),
    Matter("New flat, same subscription", "We moved from block 1 to block 3. What do we have to do?", "OTHER",
           ("S: Nothing, just take the box along.", "Works. Thank you!"), "The subscription follows the box."),
    Matter("Student network blocks the app", "It works on mobile data but not on the hall's network.", f"{MOBILE} CHROMEWINDOWS",
           ("S: Which port does the message name?", "It says 8443.", "S: We have written to whoever runs the network."), ""),
]  # fmt: skip

ADDED = {
    "da": [
        "",
        "",
        "Det begyndte i mandags.",
        "Vi har fem, der siger det samme.",
        "Det er værst i weekenden.",
        "Billede vedlagt.",
    ],
    "de": ["", "", "Seit gestern Abend.", "Mehrere Gäste haben es gemeldet.", "Foto liegt bei."],
    "en": ["", "", "It started last week.", "My neighbour has the same.", "See the attached picture."],
}

PRIVATE = {
    "da": ["Beboeren er svær at få fat i; ring til datteren på +45 5550 4417.", "Dørkode til opgangen: spørg viceværten.",
           "Kunden er i restance, men må gerne få hjælp."],
    "de": ["Frau im Zimmer 17 bitte nur vormittags anrufen.", "Zugang über die Loge, Codewort beim Hauswart."],
    "en": ["Tenant is hard of hearing: please write instead of calling."],
}  # fmt: skip

SYSTEMS = {
    "ANDROID": ["13", "14", "15"], "ANDROIDTV": ["11", "12"], "APPLETV": ["17.4", "18.1"], "IOS": ["17.6", "18.0.1"],
    "DVB": ["4.2.1", "4.3"], "OTHER": [""],
}  # fmt: skip
BROWSER_SYSTEMS = ["131", "132.0.2", "18.1"]
PLAY_MAKERS = ["1.21", "1.22", "1.23a", "1.23b", "1.24"]
