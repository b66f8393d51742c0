"""Abbreviations: how they are written, and what they stand for.

`PLAIN` ones are no words themselves: they are expanded wherever they stand. The other tables say what has to stand next to an abbreviation.
"""

from __future__ import annotations

PLAIN = {
    "mr": "mister", "mrs": "missus", "ms": "miz", "dr": "doctor", "prof": "professor", "st": "street", "jr": "junior", "sr": "senior",
    "messrs": "messers", "vs": "versus", "etc": "et cetera", "ie": "that is", "eg": "for example", "approx": "approximately", "dept": "department",
    "govt": "government", "inc": "incorporated", "ltd": "limited", "corp": "corporation", "bros": "brothers", "ave": "avenue", "blvd": "boulevard",
    "hwy": "highway", "pkwy": "parkway", "apt": "apartment", "bldg": "building", "sgt": "sergeant", "lt": "lieutenant", "capt": "captain",
    "cmdr": "commander", "natl": "national", "intl": "international", "avg": "average", "univ": "university", "assn": "association",
    "assoc": "associates", "mfg": "manufacturing", "mgmt": "management", "misc": "miscellaneous", "rd": "road", "mt": "mount", "ft": "feet",
    "sq": "square", "cont": "continued", "esq": "esquire", "asst": "assistant", "mtn": "mountain", "jan": "january", "feb": "february", "apr": "april",
    "aug": "august", "sept": "september", "oct": "october", "nov": "november", "tues": "tuesday", "thurs": "thursday",
}  # fmt: skip
BEFORE_NUMBER = {
    "no": "number", "nos": "numbers", "p": "page", "pp": "pages", "pg": "page", "vol": "volume", "vols": "volumes", "ch": "chapter", "chap": "chapter",
    "fig": "figure", "figs": "figures", "sec": "section", "art": "article", "par": "paragraph", "ext": "extension", "eq": "equation", "ver": "version",
    "pt": "part", "rm": "room", "ste": "suite", "est": "established", "ca": "circa", "c": "circa", "op": "opus", "col": "column", "lvl": "level",
    "ed": "edition",
}  # fmt: skip
BEFORE_NAME = {
    "st": "saint", "gen": "general", "col": "colonel", "maj": "major", "sen": "senator", "rep": "representative", "gov": "governor", "pres": "president",
    "rev": "reverend", "fr": "father", "ft": "fort", "mt": "mount", "hon": "honorable", "adm": "admiral", "amb": "ambassador", "supt": "superintendent",
    "sec": "secretary", "atty": "attorney", "det": "detective", "insp": "inspector", "cpl": "corporal", "pvt": "private", "cpt": "captain",
}  # fmt: skip
AFTER_NAME = {"dr": "drive", "co": "company", "ct": "court", "ln": "lane", "pl": "place", "ter": "terrace", "cir": "circle", "sq": "square"}
CAPITAL_AND_STOP = {
    "jun": "june", "jul": "july", "dec": "december", "mar": "march", "sep": "september", "mon": "monday", "tue": "tuesday", "wed": "wednesday",
    "thu": "thursday", "fri": "friday", "sat": "saturday", "sun": "sunday",
}  # fmt: skip
DOTTED = {
    "e.g": "for example", "i.e": "that is", "p.s": "P S", "a.k.a": "A K A", "ph.d": "P H D", "ph.ds": "P H D's", "m.sc": "M S C", "b.sc": "B S C",
    "d.phil": "D phil", "ed.d": "E D D", "et.al": "and others", "a.d": "A D", "b.c": "B C",
}  # fmt: skip
SLASHED = {"w/": "with", "w/o": "without", "c/o": "care of", "b/c": "because", "n/a": "not applicable"}
