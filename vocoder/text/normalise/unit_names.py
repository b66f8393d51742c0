"""Units: how they are written, and what one and several of them are called."""

from __future__ import annotations

_REGULAR = {
    "km": "kilometer", "m": "meter", "cm": "centimeter", "mm": "millimeter", "μm": "micrometer",
    "um": "micrometer", "nm": "nanometer", "mi": "mile",
    "yd": "yard", "kg": "kilogram", "g": "gram", "mg": "milligram", "μg": "microgram",
    "mcg": "microgram", "lb": "pound", "oz": "ounce", "ha": "hectare",
    "gal": "gallon", "l": "liter", "L": "liter", "ml": "milliliter", "mL": "milliliter",
    "cl": "centiliter", "dl": "deciliter", "qt": "quart",
    "tsp": "teaspoon", "tbsp": "tablespoon", "h": "hour", "hr": "hour", "min": "minute",
    "sec": "second", "s": "second", "ms": "millisecond",
    "μs": "microsecond", "ns": "nanosecond", "yr": "year", "mo": "month", "wk": "week",
    "KB": "kilobyte", "kB": "kilobyte", "MB": "megabyte",
    "GB": "gigabyte", "TB": "terabyte", "PB": "petabyte", "KiB": "kibibyte", "MiB": "mebibyte",
    "GiB": "gibibyte", "TiB": "tebibyte", "kb": "kilobit",
    "Mb": "megabit", "Gb": "gigabit", "V": "volt", "kV": "kilovolt", "mV": "millivolt", "W": "watt",
    "kW": "kilowatt", "MW": "megawatt", "GW": "gigawatt",
    "TW": "terawatt", "mW": "milliwatt", "Wh": "watt hour", "kWh": "kilowatt hour",
    "MWh": "megawatt hour", "GWh": "gigawatt hour", "TWh": "terawatt hour",
    "mA": "milliamp", "mAh": "milliamp hour", "J": "joule", "kJ": "kilojoule", "MJ": "megajoule",
    "cal": "calorie", "kcal": "kilocalorie", "Pa": "pascal",
    "hPa": "hectopascal", "kPa": "kilopascal", "dB": "decibel", "px": "pixel", "pt": "point",
    "Ω": "ohm", "kΩ": "kilohm", "MΩ": "megohm",
    "Nm": "newton meter", "doz": "dozen", "bit": "bit", "byte": "byte", "mile": "mile",
    "day": "day", "hour": "hour", "minute": "minute",
    "second": "second", "meter": "meter", "liter": "liter", "pound": "pound", "gallon": "gallon",
    "person": "person", "week": "week", "month": "month",
    "year": "year", "yard": "yard", "kilometer": "kilometer", "dL": "deciliter", "cL": "centiliter",
    "μL": "microliter", "uL": "microliter",
    "μl": "microliter", "ul": "microliter", "mol": "mole", "mmol": "millimole", "μmol": "micromole",
    "nmol": "nanomole", "ng": "nanogram", "pg": "picogram",
    "ug": "microgram", "kN": "kilonewton", "MPa": "megapascal", "GPa": "gigapascal",
    "μF": "microfarad", "uF": "microfarad", "nF": "nanofarad",
    "pF": "picofarad", "mF": "millifarad", "μA": "microamp", "uA": "microamp", "mH": "millihenry",
    "eV": "electron volt", "keV": "kilo electron volt",
    "MeV": "mega electron volt", "GeV": "giga electron volt", "mSv": "millisievert",
    "μSv": "microsievert", "mbar": "millibar", "nmi": "nautical mile",
    "IU": "international unit", "cc": "cubic centimeter", "Ah": "amp hour", "kVA": "kilovolt amp",
    "lm": "lumen", "kcals": "kilocalorie", "mcl": "microliter",
    "fl oz": "fluid ounce", "fl. oz": "fluid ounce", "tonne": "tonne", "acre": "acre",
}  # fmt: skip
# One and several, where the plural is not just an s behind it.
_IRREGULAR = {
    "mmHg": ("millimeter of mercury", "millimeters of mercury"),
    "inHg": ("inch of mercury", "inches of mercury"),
    "ft": ("foot", "feet"),
    "Hz": ("hertz", "hertz"),
    "kHz": ("kilohertz", "kilohertz"),
    "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"),
    "THz": ("terahertz", "terahertz"),
    "mph": ("mile per hour", "miles per hour"),
    "kph": ("kilometer per hour", "kilometers per hour"),
    "kmh": ("kilometer per hour", "kilometers per hour"),
    "mpg": ("mile per gallon", "miles per gallon"),
    "psi": ("pound per square inch", "pounds per square inch"),
    "rpm": ("revolution per minute", "revolutions per minute"),
    "fps": ("frame per second", "frames per second"),
    "bpm": ("beat per minute", "beats per minute"),
    "bps": ("bit per second", "bits per second"),
    "kbps": ("kilobit per second", "kilobits per second"),
    "Mbps": ("megabit per second", "megabits per second"),
    "Gbps": ("gigabit per second", "gigabits per second"),
    "dpi": ("dot per inch", "dots per inch"),
    "ppi": ("pixel per inch", "pixels per inch"),
    "ppm": ("part per million", "parts per million"),
    "ppb": ("part per billion", "parts per billion"),
    "foot": ("foot", "feet"),
    "inch": ("inch", "inches"),
    "sqft": ("square foot", "square feet"),
    "dBm": ("D B M", "D B M"),
    "dBA": ("D B A", "D B A"),
    "degC": ("degree celsius", "degrees celsius"),
    "hp": ("horsepower", "horsepower"),
    "mbps": ("megabit per second", "megabits per second"),
    "gbps": ("gigabit per second", "gigabits per second"),
    "Kbps": ("kilobit per second", "kilobits per second"),
    "MBps": ("megabyte per second", "megabytes per second"),
    "GBps": ("gigabyte per second", "gigabytes per second"),
    "kt": ("knot", "knots"),
    "kts": ("knot", "knots"),
    "lx": ("lux", "lux"),
    "kmph": ("kilometer per hour", "kilometers per hour"),
    "fpm": ("foot per minute", "feet per minute"),
    "cfm": ("cubic foot per minute", "cubic feet per minute"),
    "gpm": ("gallon per minute", "gallons per minute"),
    "yo": ("year old", "year old"),
    "y/o": ("year old", "year old"),
    "y.o": ("year old", "year old"),
    "degF": ("degree fahrenheit", "degrees fahrenheit"),
}
# Units that people write in capitals as well, right behind or near a number: "12KG".
_CASED = {"kwh": "kWh", "mah": "mAh"}
_CAPITALS = ("kg", "km", "lb", "lbs", "oz", "ml", "cm", "mm", "mph", "kph", "kmh", "kwh", "mg",
    "ft", "hrs", "mins", "rpm", "bpm", "psi", "mah")  # fmt: skip
_WITH_S = (
    "yd",
    "lb",
    "gal",
    "qt",
    "hr",
    "min",
    "sec",
    "yr",
    "mo",
    "wk",
    "pt",
    "bit",
    "byte",
    "mile",
    "tsp",
    "tbsp",
)
_WORDS = (
    "mile",
    "day",
    "hour",
    "minute",
    "second",
    "meter",
    "liter",
    "pound",
    "gallon",
    "person",
    "week",
    "month",
    "year",
    "yard",
    "kilometer",
    "tonne",
    "acre",
    "foot",
    "inch",
    "bit",
    "byte",
)

# Words in full are known only behind a slash ("$10/month", "5 miles/day").
UNITS = {
    short: (name, "dozen" if name == "dozen" else name + "s")
    for short, name in _REGULAR.items()
    if short not in _WORDS
} | {short: names for short, names in _IRREGULAR.items() if short not in _WORDS}
UNITS |= {short + "s": UNITS[short] for short in _WITH_S if short in UNITS}
UNITS |= {short.upper(): UNITS[_CASED.get(short, short)] for short in _CAPITALS}
PER = (
    {short: names[0] for short, names in UNITS.items()}
    | {word: word for word in _WORDS}
    | {
        "d": "day",
        "y": "year",
        "K": "kelvin",
        "capita": "capita",
        "kg": "kilogram",
        "serving": "serving",
        "night": "night",
        "head": "head",
        "user": "user",
    }
)
POWERS = {"2": "square", "3": "cubic"}
