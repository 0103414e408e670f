"""Countries as people write them, as the two letters that the portal takes."""

from mijnklantportaal_async.files.headers import plain

_NAMES = {
    "NL": "nederland netherlands thenetherlands holland nld niederlande paysbas",
    "BE": "belgie belgium belgique belgien bel",
    "DE": "duitsland germany deutschland allemagne deu brd",
    "LU": "luxemburg luxembourg lux",
    "FR": "frankrijk france fra",
    "GB": "verenigdkoninkrijk unitedkingdom grootbrittannie greatbritain engeland england schotland wales uk gbr",
    "IE": "ierland ireland irl",
    "AT": "oostenrijk austria osterreich aut",
    "CH": "zwitserland switzerland schweiz suisse che",
    "ES": "spanje spain espana esp",
    "PT": "portugal prt",
    "IT": "italie italy italia ita",
    "DK": "denemarken denmark danmark dnk",
    "SE": "zweden sweden sverige swe",
    "NO": "noorwegen norway norge nor",
    "FI": "finland fin",
    "IS": "ijsland iceland isl",
    "PL": "polen poland polska pol",
    "CZ": "tsjechie czechrepublic czechia tsjechischerepubliek cze",
    "SK": "slowakije slovakia svk",
    "HU": "hongarije hungary hun",
    "RO": "roemenie romania rou",
    "BG": "bulgarije bulgaria bgr",
    "GR": "griekenland greece grc",
    "HR": "kroatie croatia hrv",
    "SI": "slovenie slovenia svn",
    "EE": "estland estonia est",
    "LV": "letland latvia lva",
    "LT": "litouwen lithuania ltu",
    "MT": "malta mlt",
    "CY": "cyprus cyp",
    "TR": "turkije turkey turkiye tur",
    "UA": "oekraine ukraine ukr",
    "MA": "marokko morocco mar",
    "CW": "curacao cuw",
    "AW": "aruba abw",
    "SX": "sintmaarten sxm",
    "BQ": "bonaire caribischnederland bes",
    "SR": "suriname sur",
    "ID": "indonesie indonesia idn",
    "ZA": "zuidafrika southafrica zaf",
    "US": "verenigdestaten verenigdestatenvanamerika unitedstates unitedstatesofamerica usa vs amerika",
    "CA": "canada can",
    "AU": "australie australia aus",
    "CN": "china chn",
    "IN": "india ind",
    "JP": "japan jpn",
}
_CODES = {name: code for code, names in _NAMES.items() for name in names.split()}


def country_code(text: str) -> str:
    """The two letters of a country; the text itself, in capitals, when it is no name that is known."""
    return _CODES.get(plain(text), text.upper())


def is_country(text: str) -> bool:
    """Whether a text is the name of a country, or can be its code."""
    return plain(text) in _CODES or (len(text.strip()) == 2 and text.strip().isalpha())
