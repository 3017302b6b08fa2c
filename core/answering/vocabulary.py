"""Word lists of the built-in answerer: stop words, synonym groups, names of months, titles and legal forms."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """The words of a list that is written as running text."""
    return frozenset(text.split())


_ENGLISH_STOP = """
a an the this that these those it its itself he him his she her hers they them their theirs we us our ours you your i
me my mine and or but nor so if then than as at by for from in into of off on onto out over to under up upon with
within without about after before between during through is are was were be been being am do does did done doing
has have had having will would shall should can could may might must not no yes there here who whom whose what when
where why how which many much any some each every all both few more most other such own same too very just also only
please tell give show list name find know according documents document say says said mention mentioned describe explain
get gets got given let us s t d ll re ve d'etre one ones
"""
_GERMAN_STOP = """
der die das den dem des ein eine einer einem einen eines dieser diese dieses diesem diesen jener jene jenes er sie es
ihn ihm ihr ihre ihren ihrem ihrer ihres sein seine seinen seinem seiner seines wir uns unser unsere ich mich mir mein
meine du dich dir dein euch euer man sich und oder aber denn sondern wenn dann als wie bei zum zur zu mit von vom nach
aus an am auf in im ins für fur über uber unter vor hinter neben zwischen durch ohne um seit bis ab ist sind war
waren wird werden wurde wurden worden sei seien bin bist hat haben hatte hatten habe kann können konnen könnte soll
sollen muss müssen mussen darf will wollen nicht kein keine keinen nein ja da dort hier wer wen wem wessen was wann wo
woher wohin warum weshalb wieso wozu welche welcher welches welchem welchen wieviel wieviele viel viele vielen alle
alles allen jeder jede jedes auch nur noch schon sehr mehr etwa doch mal bitte nenne nenn zeige gib sag sage sagen dass
ob damit dabei dazu davon daran darauf so gibt heißt heisst eigentlich denn lautet steht stehen dokumente dokumenten
laut
"""


def _folded(text: str) -> frozenset[str]:
    plain = str.maketrans("äöüáéèâêôç", "aouaeeaeoc")
    return frozenset(text.split()) | frozenset(text.replace("ß", "ss").translate(plain).split())


STOP_WORDS = _folded(_ENGLISH_STOP + _GERMAN_STOP)

CONCEPTS = (
    "founded founder founders founding establish established start started gründen gegründet gründer gründung"
    " gründerin",
    "ceo chief executive managing director geschäftsführer geschäftsführerin vorstand leiter leiterin leitet head leads"
    " led boss chef chefin president vorsitzende vorsitzender chair chairs chairman chairwoman führt führte runs",
    "cost costs charge price priced pay paid fee kosten kostet preis gebühr bezahlt zahlt zahlen zahlung betrag amount",
    "budget funding funds haushalt mittel fördermittel finanzierung förderung grant grants funded",
    "revenue turnover sales umsatz erlös erlöse jahresumsatz",
    "profit earnings gewinn ertrag überschuss",
    "employee employees staff worker workers workforce mitarbeiter mitarbeiterin beschäftigte angestellte belegschaft"
    " personal personnel headcount employ employed",
    "headquarters headquartered based located seat office hauptsitz sitz firmensitz ansässig standort location liegt"
    " befindet lies situated sited",
    "company firm business corporation unternehmen firma betrieb gesellschaft konzern",
    "buy bought acquire acquired acquisition purchase purchased takeover kaufen kaufte gekauft erwerben"
    " erwarb übernahme"
    " übernommen übernahm erworben",
    "sell sold sale verkaufen verkauft verkaufte verkauf",
    "sign signed signing unterzeichnet unterschrieben unterschrieb unterzeichnung unterzeichnete",
    "contract agreement vertrag vereinbarung abkommen treaty deal",
    "born birth geboren geburt birthday birthplace",
    "die died death dead gestorben starb tod verstorben",
    "open opened opening inaugurated eröffnet eröffnung eröffnete launch launched",
    "close closed closing closure shut schließen geschlossen schließung schloss",
    "build built construction constructed erected bauen gebaut bau errichtet erbaut",
    "begin began begun start started starts beginnen begann begonnen beginn anfang commence commenced",
    "end ended ends finish finished enden endet endete ende abgeschlossen completed completion fertig fertiggestellt",
    "deadline due frist stichtag fällig termin",
    "meeting meet meets tagt session sitzung treffen besprechung versammlung conference konferenz tagung",
    "project vorhaben projekt programme program programm",
    "member members mitglied mitglieder",
    "partner partners partnership partnerschaft kooperation cooperation",
    "city town stadt ort municipality gemeinde village dorf",
    "country nation land staat",
    "river fluss stream bach",
    "population inhabitants residents einwohner bevölkerung einwohnerzahl",
    "area size fläche größe extent",
    "height tall high höhe hoch",
    "length long länge lang",
    "weight weigh weighs gewicht wiegt schwer heavy",
    "author erstellt erstellte created wrote write written writer writes autor autorin verfasser"
    " geschrieben verfasst schrieb",
    "invent invented inventor invention erfinden erfunden erfinder erfand erfindung",
    "discover discovered discovery entdeckt entdeckung entdeckte",
    "lead leads led leading leiten leitet leitete leitung responsible verantwortlich zuständig charge",
    "supplier supply supplies supplied supplying lieferant liefert lieferte geliefert lieferung deliver delivered"
    " delivery delivers",
    "customer client customers clients kunde kunden auftraggeber",
    "law act gesetz statute",
    "reason cause caused because grund ursache verursacht due",
    "risk risks danger gefahr risiko risiken hazard",
    "late delay delayed spät später verspätet verzug verspätung",
    "result results outcome ergebnis ergebnisse resultat findings",
    "report study bericht studie gutachten",
    "increase increased rise rose grew growth steigen stieg gestiegen wachstum anstieg zunahme erhöht",
    "decrease decreased fall fell decline dropped sinken sank gesunken rückgang abnahme",
    "damage damaged schaden schäden beschädigt",
    "phone telephone telefon telefonnummer number nummer",
    "address adresse anschrift",
    "email mail e-mail",
    "guarantee warranty garantie gewährleistung",
    "store storage stored lager lagern gelagert aufbewahrt keep kept",
    "elect elected election gewählt wahl wählte appointed appoint ernannt berufen bestellt",
    "resign resigned resignation zurückgetreten rücktritt trat",
    "win won winner gewinnen gewann gewonnen sieger preisträger award awarded prize auszeichnung ausgezeichnet",
    "measure measured measurement messen gemessen messung misst",
    "water wasser sea meer",
    "wife husband spouse married marry ehefrau ehemann verheiratet heiratete",
    "son daughter child children sohn tochter kind kinder",
    "year annual annually yearly jahr jährlich",
    "month monthly monat monatlich",
    "approve approved approval genehmigt genehmigung bewilligt zugestimmt",
    "vote voted votes stimme stimmen abgestimmt abstimmung",
    "share stake anteil beteiligung shares",
    "owner owns owned own eigentümer besitzer inhaber gehört besitzt belongs",
    "use used uses verwenden verwendet genutzt nutzen benutzt nutzt einsatz",
    "publish published publication publisher veröffentlicht veröffentlichung erschienen herausgegeben released release",
    "replace replaced replacement ersetzt ersetzen ersatz",
    "machine plant factory werk fabrik anlage maschine",
    "bridge brücke",
    "school schule",
    "museum",
    "engineer ingenieur ingenieurin",
    "mayor bürgermeister bürgermeisterin",
    "teach taught teacher lehrer lehrerin unterrichtet",
    "study studied studierte studiert attended attend university universität",
    "capacity kapazität fassungsvermögen fasst passen passt fit fits holds hold",
    "last lasts lasted valid dauert dauerte gilt gültig duration dauer",
    "hurt injured injury injuries harmed verletzt verletzte wounded",
    "run runs operate operated operates operator betreiber betreibt betrieben managed manages",
    "live lives lived resides wohnt lebt wohnen wohnhaft",
    "grow grew grown",
    "give gave given granted gab gegeben vergeben",
    "create created creator written developed erschaffen schuf entwickelt entwickler",
    "design designed designer architect plan planned entworfen entwarf geplant architekt architektin planer",
    "mother father parent parents mutter vater eltern son daughter sohn tochter",
    "movie movies film films",
    "song songs album lied lieder",
    "repair repaired restoration restored renovated renovation sanierung saniert restauriert renovierung reparatur",
    "teach teaches lehrt unterrichtet",
    "rescue rescued saved gerettet geborgen rettung",
    "permit permission licence erlaubnis genehmigung lizenz konzession",
    "contact kontakt ansprechpartner ansprechpartnerin",
    "salary verdient earns earned",
    "farm grow grown cultivated anbau angebaut",
    "participants attendees present teilnehmer anwesend attended",
    "train railway bahn zug",
    "ship vessel boat schiff boot",
    "donate donated donation spende gespendet",
    "loan credit darlehen kredit",
    "rent lease leased miete gemietet pacht",
    "doctor physician arzt ärztin",
    "fire brand feuer",
    "flood flooded hochwasser überschwemmung überflutet",
    "temperature temperatur warm cold hot kalt heiß",
    "speed velocity geschwindigkeit fast schnell",
    "insurance versicherung insured versichert",
    "invoice bill rechnung",
    "travel trip reise journey",
    "purpose goal aim objective ziel zweck",
    "error wrong fault fail failed failure fehler ausfall störung defect defekt failed",
    "happen happened occur occurred geschah passiert passierte ereignete geschehen",
    "tax steuer",
    "holiday vacation leave urlaub",
    "salary wage pay gehalt lohn",
)

MONTHS_EN = "January February March April May June July August September October November December"
MONTHS_DE = "Januar Jänner Februar März Mai Juni Juli Oktober Dezember"
WEEKDAYS = (
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
    " Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonnabend Sonntag"
)

PERSON_TITLES = word_set(
    """
    dr prof mr mrs ms miss sir lady lord herr frau herrn president director chair mayor engineer professor
    doctor captain minister chancellor judge king queen prince princess pope saint major general colonel frl
    dipl ing geschäftsführer geschäftsführerin bürgermeister bürgermeisterin ingenieur ingenieurin professorin
    doktor direktor direktorin leiter leiterin vorsitzender vorsitzende vorstand präsident präsidentin minister
    ministerin kanzler kanzlerin architekt architektin lehrer lehrerin kapitän richter richterin gründer
    gründerin chef chefin autor autorin kollege kollegin projektleiter projektleiterin landrat landrätin
    hydrologin hydrologe historikerin historiker technikerin techniker sprecher sprecherin biologin biologe
    chemiker chemikerin kassenwart schriftführer schriftführerin vorstandsvorsitzende vorstandsvorsitzender
    stadträtin stadtrat bauleiter bauleiterin
    """
)
ORGANISATION_WORDS = word_set(
    """
    gmbh ag kg ohg ug se ev inc ltd llc plc corp corporation company co group foundation institute university
    college school bank ministry department agency association council committee society union museum library
    hospital club party church office bureau laboratory laboratories labs works partners holdings trust fund
    press records pictures stiftung institut universität hochschule schule verein verband ministerium amt
    behörde gesellschaft genossenschaft gruppe werke stadtwerke sparkasse museum bibliothek krankenhaus klinik
    ausschuss rat partei kirche verlag consortium konsortium cooperative authority commission board court
    academy akademie airlines airways railway
    """
)
PLACE_WORDS = word_set(
    """
    street road avenue square lane river lake mountain valley island county state city town village port harbour
    bay hall straße strasse platz allee weg gasse fluss see berg tal insel landkreis stadt dorf hafen halle haus
    park building station bahnhof airport flughafen castle schloss burg bridge brücke hills forest wald province
    district
    """
)
NUMBER_WORDS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen"
    " nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand dozen"
    " zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn"
    " neunzehn zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig hundert tausend dutzend"
)
FIRST_NAMES = word_set(
    """
    adam alan albert alexander alfred alice alina amanda amelia amy andrea andreas andrew angela anja anke anna
    anne annika anton antje arthur astrid axel barbara ben benjamin bernd bernhard bettina bianca birgit björn
    brian brigitte carl carla carlos carmen carol caroline catherine charles charlotte chris christa christian
    christiane christina christine christopher claire clara claudia clemens daniel daniela david deborah denise
    dennis diana dieter dirk dominik dorothea edith edward elena elisabeth elizabeth elke ella ellen emil emily
    emma eric erich erik erika ernst esther eva evelyn fatima felix finn florian francis frank franz franziska
    frederick friedrich fritz gabriele georg george gerd gerhard gisela grace greta gudrun günter günther gustav
    hanna hannah hans harald harry heike heinrich heinz helen helena helene helga helmut henrik henry herbert
    hermann hilde horst hugo ida ines ingrid irene irma isabel isabella jakob james jan jana jane jannik jasmin
    jean jennifer jens jessica joachim johann johanna johannes john jonas jonathan jörg josef joseph julia
    julian jürgen jutta kai karen karin karl karla karsten katharina katherine kathrin katrin katja kevin klara klaus
    konrad konstantin kristin kurt lars laura laurence lea lena leo leon leonie liam lina linda lisa lothar
    louis louise luca lucas lucia lucy ludwig luisa lukas lydia magdalena maja manfred manuel marc marco
    margaret margarete maria marianne marie marion mark markus marlene marta martha martin martina mary mathias
    matthew matthias max maximilian mehmet mia michael michaela miriam monika moritz nadine nancy natalie nathan
    nicholas nico nicole niklas nils nina nora norbert oliver olivia oskar otto patricia patrick paul paula
    pauline peter petra philip philipp rachel rainer ralf ralph rebecca regina reinhard renate richard rita
    robert roland rolf rosa rose rudolf ruth samuel sandra sara sarah sascha sebastian silke silvia simon simone
    sofia sofie sonja sophia sophie stefan stefanie steffen stephan stephen steven susan susanne sven svenja
    sylvia tanja theo theresa thomas thorsten tilman tim timo tina tobias tom torsten udo ulrich ulrike ursula
    ute uwe valentin vera veronika victor victoria viktor vincent volker walter werner wilhelm william wolfgang
    yasmin yusuf aisha ahmed ali mohammed omar leyla ayse elif emre
    """
)
