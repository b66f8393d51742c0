"""Abbreviations: how they are written, and what they stand for.

`PLAIN` ones are no words themselves: they are expanded wherever they stand. The other tables say
what has to stand next to an abbreviation.
`vocoder.text.sentences` takes from them where a full stop ends no sentence.
"""

from __future__ import annotations

PLAIN = {
    "mr": "mister", "mrs": "missus", "ms": "miz", "dr": "doctor", "prof": "professor",
    "st": "street", "jr": "junior", "sr": "senior",
    "messrs": "messers", "vs": "versus", "etc": "et cetera", "ie": "that is", "eg": "for example",
    "approx": "approximately", "dept": "department",
    "govt": "government", "inc": "incorporated", "ltd": "limited", "corp": "corporation",
    "blvd": "boulevard", "hwy": "highway", "pkwy": "parkway",
    "expy": "expressway", "tpke": "turnpike", "bldg": "building", "sgt": "sergeant",
    "lt": "lieutenant", "capt": "captain", "cmdr": "commander",
    "natl": "national", "intl": "international", "avg": "average", "univ": "university",
    "assn": "association", "assoc": "associates",
    "mfg": "manufacturing", "mgmt": "management", "misc": "miscellaneous", "rd": "road",
    "mt": "mount", "ft": "feet", "sq": "square", "cont": "continued",
    "esq": "esquire", "asst": "assistant", "attn": "attention", "acct": "account",
    "mtn": "mountain",
    "feb": "february", "apr": "april", "aug": "august", "sept": "september",
    "oct": "october", "nov": "november", "tues": "tuesday", "thurs": "thursday", "drs": "doctors",
    "mme": "madame", "mlle": "mademoiselle",
}  # fmt: skip
BEFORE_NUMBER = {
    "no": "number", "nos": "numbers", "nr": "number", "p": "page", "pp": "pages", "pg": "page",
    "vol": "volume", "vols": "volumes", "ch": "chapter",
    "chap": "chapter", "fig": "figure", "figs": "figures", "sec": "section", "secs": "sections",
    "art": "article", "par": "paragraph", "para": "paragraph",
    "cl": "clause", "ext": "extension", "eq": "equation", "ver": "version", "pt": "part",
    "rm": "room", "ste": "suite", "apt": "apartment", "fl": "floor",
    "bldg": "building", "rte": "route", "est": "established", "ca": "circa", "c": "circa",
    "op": "opus", "col": "column", "lvl": "level", "ed": "edition",
    "ps": "psalm", "hwy": "highway", "rt": "route", "bk": "book", "eqs": "equations",
    "exp": "expires", "prop": "proposition", "ref": "reference", "refs": "references",
}  # fmt: skip
# Those of them that a number alone tells: a full stop may be missing.
WITHOUT_STOP = frozenset(
    ("apt", "ext", "rm", "ste", "vol", "ch", "chap", "fig", "pg", "pp", "rte", "nr", "bldg")
)
BEFORE_NAME = {
    "st": "saint", "gen": "general", "col": "colonel", "maj": "major", "sen": "senator",
    "rep": "representative", "gov": "governor", "pres": "president",
    "rev": "reverend", "fr": "father", "ft": "fort", "mt": "mount", "hon": "honorable",
    "adm": "admiral", "amb": "ambassador", "supt": "superintendent",
    "sec": "secretary", "atty": "attorney", "det": "detective", "insp": "inspector",
    "cpl": "corporal", "pvt": "private", "cpt": "captain",
    "profs": "professors", "sens": "senators", "reps": "representatives", "gens": "generals",
    "govs": "governors", "lts": "lieutenants", "br": "brother",
    "sts": "saints", "ste": "saint",
}  # fmt: skip
AFTER_NAME = {
    "dr": "drive", "co": "company", "ct": "court", "ln": "lane", "pl": "place", "ter": "terrace",
    "cir": "circle", "sq": "square", "bros": "brothers",
    "ave": "avenue", "st": "street", "rd": "road", "blvd": "boulevard", "hwy": "highway",
    "pkwy": "parkway", "expy": "expressway", "trl": "trail",
}  # fmt: skip
DAYS = {
    "mon": "monday", "tue": "tuesday", "tues": "tuesday", "wed": "wednesday", "weds": "wednesday",
    "thu": "thursday", "thur": "thursday", "thurs": "thursday",
    "fri": "friday", "sat": "saturday", "sun": "sunday",
}  # fmt: skip
MONTHS_CUT = {
    "jan": "january", "feb": "february", "mar": "march", "apr": "april", "jun": "june",
    "jul": "july", "aug": "august", "sep": "september",
    "sept": "september", "oct": "october", "nov": "november", "dec": "december",
}  # fmt: skip
STATES_CUT = {
    "fla": "florida", "calif": "california", "conn": "connecticut", "wis": "wisconsin",
    "minn": "minnesota", "tenn": "tennessee", "ariz": "arizona",
    "colo": "colorado", "okla": "oklahoma", "mich": "michigan", "neb": "nebraska", "nev": "nevada",
    "mont": "montana", "ala": "alabama", "ark": "arkansas",
}  # fmt: skip
CAPITAL_AND_STOP = DAYS | MONTHS_CUT | STATES_CUT
# Those of them that are words or names as well: they abbreviate behind a word that goes before
# days, or where a number or a comma follows.
WORDS_TOO = frozenset(("jan", "sun", "sat", "mar", "wed"))
# Books of the Bible, before chapter and verse.
SCRIPTURE = {
    "gen": "genesis", "ex": "exodus", "exod": "exodus", "lev": "leviticus", "num": "numbers",
    "deut": "deuteronomy", "dt": "deuteronomy", "josh": "joshua",
    "judg": "judges", "sam": "samuel", "kgs": "kings", "chr": "chronicles", "chron": "chronicles",
    "neh": "nehemiah", "esth": "esther", "ps": "psalm",
    "pss": "psalms", "prov": "proverbs", "eccl": "ecclesiastes", "eccles": "ecclesiastes",
    "isa": "isaiah", "jer": "jeremiah", "lam": "lamentations",
    "ezek": "ezekiel", "dan": "daniel", "hos": "hosea", "obad": "obadiah", "mic": "micah",
    "hab": "habakkuk", "zeph": "zephaniah", "hag": "haggai",
    "zech": "zechariah", "mal": "malachi", "matt": "matthew", "mt": "matthew", "mk": "mark",
    "lk": "luke", "jn": "john", "rom": "romans",
    "cor": "corinthians", "gal": "galatians", "eph": "ephesians", "phil": "philippians",
    "col": "colossians", "thess": "thessalonians", "tim": "timothy",
    "tit": "titus", "philem": "philemon", "heb": "hebrews", "jas": "james", "pet": "peter",
    "rev": "revelation",
}  # fmt: skip
DIRECTIONS = {
    "N": "north",
    "S": "south",
    "E": "east",
    "W": "west",
    "NE": "northeast",
    "NW": "northwest",
    "SE": "southeast",
    "SW": "southwest",
}
# Phrases that are read as a whole; full stops and spaces as they are written most often.
PHRASES = {
    "Fed. R. Civ. P.": "federal rule of civil procedure",
    "Fed. R. Crim. P.": "federal rule of criminal procedure",
    "Fed. R. App. P.": "federal rule of appellate procedure",
    "Fed. R. Evid.": "federal rule of evidence", "F. Supp.": "federal supplement",
}  # fmt: skip
DOTTED = {
    "e.g": "for example", "i.e": "that is", "p.s": "P S", "a.k.a": "A K A", "ph.d": "P H D",
    "ph.ds": "P H D's", "m.sc": "M S C", "b.sc": "B S C",
    "d.phil": "D phil", "ed.d": "E D D", "et.al": "and others", "a.d": "A D", "b.c": "B C",
}  # fmt: skip
SLASHED = {
    "w/": "with",
    "w/o": "without",
    "c/o": "care of",
    "b/c": "because",
    "n/a": "not applicable",
}
