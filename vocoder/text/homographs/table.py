"""Words that are written alike and said otherwise: how each of their senses is said, and which
words around tell one from the other.

IPA in the phonemes of the inventory, a stress mark before the vowel. The rules that read these
tables are in `vocoder.text.homographs`.
"""

from __future__ import annotations

from vocoder.text.normalise.word_lists import listed

# Noun (or adjective), verb.
NOUN_VERB = {
    "abstract": ("ˈæbstɹækt", "æbstɹˈækt"), "abuse": ("ɐbjˈuːs", "ɐbjˈuːz"), "addict": ("ˈædɪkt",
    "ɐdˈɪkt"), "advocate": ("ˈædvəkət", "ˈædvəkˌeɪt"),
    "affiliate": ("ɐfˈɪliət", "ɐfˈɪliˌeɪt"), "aggregate": ("ˈæɡɹɪɡət", "ˈæɡɹɪɡˌeɪt"),
    "alternate": ("ˈɔːltɚnət", "ˈɔːltɚnˌeɪt"),
    "animate": ("ˈænɪmət", "ˈænɪmˌeɪt"), "annex": ("ˈænɛks", "ɐnˈɛks"),
    "appropriate": ("ɐpɹˈoʊpɹɪət", "ɐpɹˈoʊpɹɪˌeɪt"),
    "approximate": ("ɐpɹˈɑːksɪmət", "ɐpɹˈɑːksɪmˌeɪt"), "articulate": ("ɑːɹtˈɪkjʊlət",
    "ɑːɹtˈɪkjʊlˌeɪt"), "associate": ("ɐsˈoʊsɪət", "ɐsˈoʊsɪˌeɪt"),
    "attribute": ("ˈætɹɪbjˌuːt", "ɐtɹˈɪbjuːt"), "buffet": ("bəfˈeɪ", "bˈʌfɪt"),
    "combine": ("kˈɑːmbaɪn", "kəmbˈaɪn"),
    "compound": ("kˈɑːmpaʊnd", "kəmpˈaʊnd"), "compress": ("kˈɑːmpɹɛs", "kəmpɹˈɛs"),
    "compliment": ("kˈɑːmplɪmənt", "kˈɑːmplɪmˌɛnt"),
    "conduct": ("kˈɑːndʌkt", "kəndˈʌkt"), "conflict": ("kˈɑːnflɪkt", "kənflˈɪkt"),
    "conscript": ("kˈɑːnskɹɪpt", "kənskɹˈɪpt"),
    "console": ("kˈɑːnsoʊl", "kənsˈoʊl"), "construct": ("kˈɑːnstɹʌkt", "kənstɹˈʌkt"),
    "contest": ("kˈɑːntɛst", "kəntˈɛst"),
    "contract": ("kˈɑːntɹækt", "kəntɹˈækt"), "contrast": ("kˈɑːntɹæst", "kəntɹˈæst"),
    "converse": ("kˈɑːnvɜːs", "kənvˈɜːs"),
    "convert": ("kˈɑːnvɜːt", "kənvˈɜːt"), "convict": ("kˈɑːnvɪkt", "kənvˈɪkt"),
    "coordinate": ("koʊˈɔːɹdᵻnət", "koʊˈɔːɹdɪnˌeɪt"),
    "decrease": ("dˈiːkɹiːs", "dᵻkɹˈiːs"), "defect": ("dˈiːfɛkt", "dᵻfˈɛkt"),
    "degenerate": ("dᵻdʒˈɛnɚɹət", "dᵻdʒˈɛnɚɹˌeɪt"),
    "delegate": ("dˈɛlɪɡət", "dˈɛlɪɡˌeɪt"), "deliberate": ("dᵻlˈɪbɚɹət", "dᵻlˈɪbɚɹˌeɪt"),
    "desert": ("dˈɛzɚt", "dᵻzˈɜːt"),
    "desolate": ("dˈɛsələt", "dˈɛsəlˌeɪt"), "diffuse": ("dᵻfjˈuːs", "dᵻfjˈuːz"),
    "digest": ("dˈaɪdʒɛst", "daɪdʒˈɛst"),
    "document": ("dˈɑːkjuːmənt", "dˈɑːkjuːmˌɛnt"), "duplicate": ("dˈuːplᵻkət", "dˈuːplᵻkˌeɪt"),
    "elaborate": ("ᵻlˈæbɚɹət", "ᵻlˈæbɚɹˌeɪt"),
    "escort": ("ˈɛskɔːɹt", "ɛskˈɔːɹt"), "estimate": ("ˈɛstᵻmət", "ˈɛstᵻmˌeɪt"),
    "excuse": ("ɛkskjˈuːs", "ɛkskjˈuːz"),
    "exploit": ("ˈɛksplɔɪt", "ɛksplˈɔɪt"), "export": ("ˈɛkspɔːɹt", "ɛkspˈɔːɹt"),
    "extract": ("ˈɛkstɹækt", "ɛkstɹˈækt"),
    "ferment": ("fˈɜːmɛnt", "fɚmˈɛnt"), "fragment": ("fɹˈæɡmənt", "fɹæɡmˈɛnt"),
    "frequent": ("fɹˈiːkwənt", "fɹiːkwˈɛnt"),
    "graduate": ("ɡɹˈædʒuːət", "ɡɹˈædʒuːˌeɪt"), "house": ("hˈaʊs", "hˈaʊz"), "implant": ("ˈɪmplænt",
    "ɪmplˈænt"),
    "implement": ("ˈɪmplɪmənt", "ˈɪmplɪmˌɛnt"), "import": ("ˈɪmpɔːɹt", "ɪmpˈɔːɹt"),
    "incense": ("ˈɪnsɛns", "ɪnsˈɛns"), "incline": ("ˈɪnklaɪn", "ɪnklˈaɪn"),
    "increase": ("ˈɪnkɹiːs", "ɪnkɹˈiːs"), "initiate": ("ɪnˈɪʃɪət", "ɪnˈɪʃɪˌeɪt"),
    "insert": ("ˈɪnsɜːt", "ɪnsˈɜːt"), "insult": ("ˈɪnsʌlt", "ɪnsˈʌlt"),
    "intimate": ("ˈɪntᵻmət", "ˈɪntᵻmˌeɪt"), "invite": ("ˈɪnvaɪt", "ɪnvˈaɪt"),
    "legitimate": ("lᵻdʒˈɪtᵻmət", "lᵻdʒˈɪtᵻmˌeɪt"),
    "moderate": ("mˈɑːdɚɹət", "mˈɑːdɚɹˌeɪt"), "mouth": ("mˈaʊθ", "mˈaʊð"), "object": ("ˈɑːbdʒɛkt",
    "əbdʒˈɛkt"), "overlap": ("ˈoʊvɚlˌæp", "ˌoʊvɚlˈæp"),
    "perfect": ("pˈɜːfɛkt", "pɚfˈɛkt"), "permit": ("pˈɜːmɪt", "pɚmˈɪt"), "pervert": ("pˈɜːvɜːt",
    "pɚvˈɜːt"), "predicate": ("pɹˈɛdᵻkət", "pɹˈɛdᵻkˌeɪt"),
    "present": ("pɹˈɛzənt", "pɹɪzˈɛnt"), "produce": ("pɹˈoʊduːs", "pɹədˈuːs"),
    "progress": ("pɹˈɑːɡɹɛs", "pɹəɡɹˈɛs"),
    "project": ("pɹˈɑːdʒɛkt", "pɹədʒˈɛkt"), "protest": ("pɹˈoʊtɛst", "pɹətˈɛst"),
    "rebel": ("ɹˈɛbəl", "ɹᵻbˈɛl"), "recall": ("ɹˈiːkɔːl", "ɹᵻkˈɔːl"),
    "record": ("ɹˈɛkɚd", "ɹᵻkˈɔːɹd"), "refund": ("ɹˈiːfʌnd", "ɹᵻfˈʌnd"), "refuse": ("ɹˈɛfjuːs",
    "ɹᵻfjˈuːz"), "reject": ("ɹˈiːdʒɛkt", "ɹᵻdʒˈɛkt"),
    "remake": ("ɹˈiːmeɪk", "ɹiːmˈeɪk"), "reprint": ("ɹˈiːpɹɪnt", "ɹiːpɹˈɪnt"),
    "resume": ("ɹˈɛzʊmˌeɪ", "ɹᵻzˈuːm"), "rewrite": ("ɹˈiːɹaɪt", "ɹiːɹˈaɪt"),
    "segment": ("sˈɛɡmənt", "sɛɡmˈɛnt"), "separate": ("sˈɛpɹət", "sˈɛpɚɹˌeɪt"),
    "subject": ("sˈʌbdʒɛkt", "səbdʒˈɛkt"),
    "subordinate": ("səbˈɔːɹdᵻnət", "səbˈɔːɹdᵻnˌeɪt"), "supplement": ("sˈʌplɪmənt", "sˈʌplɪmˌɛnt"),
    "survey": ("sˈɜːveɪ", "sɚvˈeɪ"),
    "suspect": ("sˈʌspɛkt", "səspˈɛkt"), "syndicate": ("sˈɪndᵻkət", "sˈɪndᵻkˌeɪt"),
    "torment": ("tˈɔːɹmɛnt", "tɔːɹmˈɛnt"),
    "transfer": ("tɹˈænsfɜː", "tɹænsfˈɜː"), "transplant": ("tɹˈænsplænt", "tɹænsplˈænt"),
    "transport": ("tɹˈænspɔːɹt", "tɹænspˈɔːɹt"),
    "update": ("ˈʌpdeɪt", "ʌpdˈeɪt"), "upgrade": ("ˈʌpɡɹeɪd", "ʌpɡɹˈeɪd"), "uplift": ("ˈʌplɪft",
    "ʌplˈɪft"), "use": ("jˈuːs", "jˈuːz"),
}  # fmt: skip
# Of these more are verbs than nouns: where nothing tells, they are.
MOSTLY_VERBS = listed("""
    use refuse produce permit combine compress resume recall reject invite construct implement
    attribute convert exploit transfer extract conduct initiate animate converse digest segment
    legitimate rewrite insert incense addict associate coordinate mouth perfect
""") - {"mouth", "perfect", "incense", "addict", "associate", "coordinate", "animate"}
# Of these the first sense is an adjective (or an adverb), which stands behind "is" and before
# nouns.
ADJECTIVES = listed("""
    separate deliberate appropriate elaborate intimate moderate approximate articulate animate
    alternate subordinate desolate legitimate degenerate perfect frequent absent diffuse present
    abstract duplicate aggregate content close live
""")
# Further pairs, with rules of their own.
SENSES = {
    "close": {"adjective": "klˈoʊs", "verb": "klˈoʊz"},
    "content": {"noun": "kˈɑːntɛnt", "adjective": "kəntˈɛnt"},
    "upset": {"noun": "ˈʌpsɛt", "adjective": "ʌpsˈɛt"},
    "absent": {"adjective": "ˈæbsənt", "verb": "æbsˈɛnt"},
    "live": {"adjective": "lˈaɪv", "verb": "lˈɪv"},
    "lives": {"noun": "lˈaɪvz", "verb": "lˈɪvz"},
    "read": {"present": "ɹˈiːd", "past": "ɹˈɛd"},
    "lead": {"verb": "lˈiːd", "metal": "lˈɛd"},
    "wind": {"noun": "wˈɪnd", "verb": "wˈaɪnd"},
    "winds": {"noun": "wˈɪndz", "verb": "wˈaɪndz"},
    "wound": {"injury": "wˈuːnd", "turned": "wˈaʊnd"},
    "tear": {"weep": "tˈɪɹ", "rip": "tˈɛɹ"},
    "tears": {"weep": "tˈɪɹz", "rip": "tˈɛɹz"},
    "bow": {"weapon": "bˈoʊ", "bend": "bˈaʊ"},
    "bows": {"weapon": "bˈoʊz", "bend": "bˈaʊz"},
    "row": {"line": "ɹˈoʊ", "quarrel": "ɹˈaʊ"},
    "rows": {"line": "ɹˈoʊz", "quarrel": "ɹˈaʊz"},
    "sow": {"seed": "sˈoʊ", "pig": "sˈaʊ"},
    "sows": {"seed": "sˈoʊz", "pig": "sˈaʊz"},
    "dove": {"bird": "dˈʌv", "dived": "dˈoʊv"},
    "does": {"verb": "dˈʌz", "deer": "dˈoʊz"},
    "bass": {"music": "bˈeɪs", "fish": "bˈæs"},
    "minute": {"time": "mˈɪnɪt", "small": "maɪnˈuːt"},
    "used": {"verb": "jˈuːzd", "accustomed": "jˈuːst"},
    "polish": {"shine": "pˈɑːlɪʃ", "nation": "pˈoʊlɪʃ"},
    "reading": {"verb": "ɹˈiːdɪŋ", "town": "ɹˈɛdɪŋ"},
    "job": {"work": "dʒˈɑːb", "name": "dʒˈoʊb"},
    "nice": {"pleasant": "nˈaɪs", "town": "nˈiːs"},
    "mobile": {"adjective": "mˈoʊbəl", "town": "moʊbˈiːl"},
    "august": {"month": "ˈɔːɡəst", "noble": "ɔːɡˈʌst"},
    "bases": {"base": "bˈeɪsᵻz", "basis": "bˈeɪsiːz"},
    "axes": {"axe": "ˈæksᵻz", "axis": "ˈæksiːz"},
    "aged": {"years": "ˈeɪdʒd", "old": "ˈeɪdʒɪd"},
    "blessed": {"verb": "blˈɛst", "adjective": "blˈɛsɪd"},
    "learned": {"verb": "lˈɜːnd", "adjective": "lˈɜːnɪd"},
    "beloved": {"verb": "bᵻlˈʌvd", "adjective": "bᵻlˈʌvɪd"},
    "dogged": {"adjective": "dˈɑːɡɪd", "verb": "dˈɑːɡd"},
    "moped": {"vehicle": "mˈoʊpɛd", "verb": "mˈoʊpt"},
    "putting": {"placing": "pˈʊɾɪŋ", "golf": "pˈʌɾɪŋ"},
    "invalid": {"adjective": "ɪnvˈælɪd", "patient": "ˈɪnvəlɪd"},
    "entrance": {"door": "ˈɛntɹəns", "charm": "ɛntɹˈæns"},
    "sewer": {"drain": "sˈuːɚ", "person": "sˈoʊɚ"},
    "number": {"count": "nˈʌmbɚ", "feeling": "nˈʌmɚ"},
}  # fmt: skip

# Words anywhere in a sentence that tell what a word in it means.
CUES = {
    "bass": ("fish", listed("""
        fish fishing fished fisherman lake river caught catch catches striped largemouth smallmouth
        trout pond angler anglers grilled fillet fried bait hook boat ocean freshwater perch salmon
        cook cooked ate eat eating sea rod reel swam swims species
    """)),
    "lead": ("metal", listed("""
        zinc copper tin mercury iron arsenic cadmium molten melted poison poisonous toxic bullets
        ore atomic pipes pipe plumbing metals metal pencil pencils
    """)),
    "putting": ("golf", listed("golf golfer putter green greens birdie par bogey")),
    "axes": ("axis",
    listed("""
        x y z coordinate coordinates graph rotation vertical horizontal plot chart symmetry
        perpendicular axis origin label labels
    """)),

    "does": ("deer", listed("deer buck bucks fawn fawns stag stags herd antlers hunters rabbits")),
    "bow": ("bend", listed("""
        ship boat stern queen king audience curtsy curtsied respect deck hull vessel sailor sailors
        actor actors stage curtain applause anchor yacht japanese waves
    """)),
    "tear": ("rip", listed("""
        fabric muscle ligament paper shirt jacket hole cloth ripped rip seam tendon meniscus rotator
        cuff sleeve curtain coat pants sail wear acl knee retina cartilage canvas hamstring page
        apart
    """)),
    "row": ("quarrel",
    listed("""
        argument quarrel shouting shouted angry furious blazing terrible heated diplomatic neighbors
        neighbours fight dispute
    """)),

    "sewer": ("person", listed("sewing seamstress needle stitched stitches stitch quilt")),
}  # fmt: skip
CUES |= {"bows": CUES["bow"], "rows": CUES["row"]}
LEAD_BEFORE = listed("""
    pipe pipes poisoning paint paints bullet bullets acid weight weights shot pencil crystal levels
    exposure contamination mine mines ore sinker sinkers apron oxide glass roof dust solder battery
    batteries shielding content
""")
# "as heavy as lead", "made of lead"
METAL_BEHIND = listed("of as like contains contain containing contained")
MINUTE_BEFORE = listed("""
    detail details amount amounts quantity quantities particle particles trace traces difference
    differences change changes fraction fragment fragments size scale dose doses grain grains piece
    pieces examination inspection organism organisms creature creatures insect insects bit bits
    portion portions description study attention observation observations account variation
    variations speck specks hole holes crack cracks crystals droplets hairs adjustments
""")
LIVE_BEFORE = listed("""
    stock     music show shows concert concerts performance performances audience band broadcast
    broadcasts stream streams streaming tv television coverage wire wires animals animal chat event
    events ammunition video recording recordings album albums game games sports entertainment bait
    feed oak birds bird birth births demo demonstration fire rounds round report reports report
    report update updates lobster chicken theater theatre webcast radio on-air cattle
""")
LIVE_BEHIND = listed("""
    play played plays playing perform performed performs performing sing sang sings singing
    broadcast broadcasts broadcasting streamed streaming stream recorded go goes going went gone air
    airs aired shown seen watch watched watching appear appeared appearing reporting report reports
    filmed hosted presented heard show shown coming came televised carried speaking
""")
PEOPLE = listed("""
    man men woman women aunt uncle mother father parents parent grandmother grandfather lady
    gentleman couple person people relative relatives king queen professor scholar scholars judge
    friend colleague counsel society doctor priest monk poet servant mentor actor actress widow
    widower retainer dog philosopher academy profession journal nun pope emperor monarch
""")
# what winds through a valley
WINDING = listed(
    "road river path trail stream street creek route track lane staircase way valley line"
)
