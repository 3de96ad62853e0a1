#include "schema/pattern_internal.h"

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

/* PropertyValueAliases of Unicode, and ECMA-262's table of binary properties. The first name of
 * each is the one the library knows. */
static const char *const categories[][PATTERN_NAMES_OF_ONE] = {{"C", "Other"},
                                                               {"Cc", "Control", "cntrl"},
                                                               {"Cf", "Format"},
                                                               {"Cn", "Unassigned"},
                                                               {"Co", "Private_Use"},
                                                               {"Cs", "Surrogate"},
                                                               {"L", "Letter"},
                                                               {"LC", "Cased_Letter"},
                                                               {"Ll", "Lowercase_Letter"},
                                                               {"Lm", "Modifier_Letter"},
                                                               {"Lo", "Other_Letter"},
                                                               {"Lt", "Titlecase_Letter"},
                                                               {"Lu", "Uppercase_Letter"},
                                                               {"M", "Mark", "Combining_Mark"},
                                                               {"Mc", "Spacing_Mark"},
                                                               {"Me", "Enclosing_Mark"},
                                                               {"Mn", "Nonspacing_Mark"},
                                                               {"N", "Number"},
                                                               {"Nd", "Decimal_Number", "digit"},
                                                               {"Nl", "Letter_Number"},
                                                               {"No", "Other_Number"},
                                                               {"P", "Punctuation", "punct"},
                                                               {"Pc", "Connector_Punctuation"},
                                                               {"Pd", "Dash_Punctuation"},
                                                               {"Pe", "Close_Punctuation"},
                                                               {"Pf", "Final_Punctuation"},
                                                               {"Pi", "Initial_Punctuation"},
                                                               {"Po", "Other_Punctuation"},
                                                               {"Ps", "Open_Punctuation"},
                                                               {"S", "Symbol"},
                                                               {"Sc", "Currency_Symbol"},
                                                               {"Sk", "Modifier_Symbol"},
                                                               {"Sm", "Math_Symbol"},
                                                               {"So", "Other_Symbol"},
                                                               {"Z", "Separator"},
                                                               {"Zl", "Line_Separator"},
                                                               {"Zp", "Paragraph_Separator"},
                                                               {"Zs", "Space_Separator"}};

static const char *const scripts[][PATTERN_NAMES_OF_ONE] = {{"Adlm", "Adlam"},
                                                            {"Ahom", "Ahom"},
                                                            {"Hluw", "Anatolian_Hieroglyphs"},
                                                            {"Arab", "Arabic"},
                                                            {"Armn", "Armenian"},
                                                            {"Avst", "Avestan"},
                                                            {"Bali", "Balinese"},
                                                            {"Bamu", "Bamum"},
                                                            {"Bass", "Bassa_Vah"},
                                                            {"Batk", "Batak"},
                                                            {"Beng", "Bengali"},
                                                            {"Bhks", "Bhaiksuki"},
                                                            {"Bopo", "Bopomofo"},
                                                            {"Brah", "Brahmi"},
                                                            {"Brai", "Braille"},
                                                            {"Bugi", "Buginese"},
                                                            {"Buhd", "Buhid"},
                                                            {"Cans", "Canadian_Aboriginal"},
                                                            {"Cari", "Carian"},
                                                            {"Aghb", "Caucasian_Albanian"},
                                                            {"Cakm", "Chakma"},
                                                            {"Cham", "Cham"},
                                                            {"Cher", "Cherokee"},
                                                            {"Chrs", "Chorasmian"},
                                                            {"Zyyy", "Common"},
                                                            {"Copt", "Coptic", "Qaac"},
                                                            {"Xsux", "Cuneiform"},
                                                            {"Cprt", "Cypriot"},
                                                            {"Cpmn", "Cypro_Minoan"},
                                                            {"Cyrl", "Cyrillic"},
                                                            {"Dsrt", "Deseret"},
                                                            {"Deva", "Devanagari"},
                                                            {"Diak", "Dives_Akuru"},
                                                            {"Dogr", "Dogra"},
                                                            {"Dupl", "Duployan"},
                                                            {"Egyp", "Egyptian_Hieroglyphs"},
                                                            {"Elba", "Elbasan"},
                                                            {"Elym", "Elymaic"},
                                                            {"Ethi", "Ethiopic"},
                                                            {"Geor", "Georgian"},
                                                            {"Glag", "Glagolitic"},
                                                            {"Goth", "Gothic"},
                                                            {"Gran", "Grantha"},
                                                            {"Grek", "Greek"},
                                                            {"Gujr", "Gujarati"},
                                                            {"Gong", "Gunjala_Gondi"},
                                                            {"Guru", "Gurmukhi"},
                                                            {"Hani", "Han"},
                                                            {"Hang", "Hangul"},
                                                            {"Rohg", "Hanifi_Rohingya"},
                                                            {"Hano", "Hanunoo"},
                                                            {"Hatr", "Hatran"},
                                                            {"Hebr", "Hebrew"},
                                                            {"Hira", "Hiragana"},
                                                            {"Armi", "Imperial_Aramaic"},
                                                            {"Zinh", "Inherited", "Qaai"},
                                                            {"Phli", "Inscriptional_Pahlavi"},
                                                            {"Prti", "Inscriptional_Parthian"},
                                                            {"Java", "Javanese"},
                                                            {"Kthi", "Kaithi"},
                                                            {"Knda", "Kannada"},
                                                            {"Kana", "Katakana"},
                                                            {"Kali", "Kayah_Li"},
                                                            {"Khar", "Kharoshthi"},
                                                            {"Kits", "Khitan_Small_Script"},
                                                            {"Khmr", "Khmer"},
                                                            {"Khoj", "Khojki"},
                                                            {"Sind", "Khudawadi"},
                                                            {"Laoo", "Lao"},
                                                            {"Latn", "Latin"},
                                                            {"Lepc", "Lepcha"},
                                                            {"Limb", "Limbu"},
                                                            {"Lina", "Linear_A"},
                                                            {"Linb", "Linear_B"},
                                                            {"Lisu", "Lisu"},
                                                            {"Lyci", "Lycian"},
                                                            {"Lydi", "Lydian"},
                                                            {"Mahj", "Mahajani"},
                                                            {"Maka", "Makasar"},
                                                            {"Mlym", "Malayalam"},
                                                            {"Mand", "Mandaic"},
                                                            {"Mani", "Manichaean"},
                                                            {"Marc", "Marchen"},
                                                            {"Gonm", "Masaram_Gondi"},
                                                            {"Medf", "Medefaidrin"},
                                                            {"Mtei", "Meetei_Mayek"},
                                                            {"Mend", "Mende_Kikakui"},
                                                            {"Merc", "Meroitic_Cursive"},
                                                            {"Mero", "Meroitic_Hieroglyphs"},
                                                            {"Plrd", "Miao"},
                                                            {"Modi", "Modi"},
                                                            {"Mong", "Mongolian"},
                                                            {"Mroo", "Mro"},
                                                            {"Mult", "Multani"},
                                                            {"Mymr", "Myanmar"},
                                                            {"Nbat", "Nabataean"},
                                                            {"Nand", "Nandinagari"},
                                                            {"Talu", "New_Tai_Lue"},
                                                            {"Newa", "Newa"},
                                                            {"Nkoo", "Nko"},
                                                            {"Nshu", "Nushu"},
                                                            {"Hmnp", "Nyiakeng_Puachue_Hmong"},
                                                            {"Ogam", "Ogham"},
                                                            {"Olck", "Ol_Chiki"},
                                                            {"Hung", "Old_Hungarian"},
                                                            {"Ital", "Old_Italic"},
                                                            {"Narb", "Old_North_Arabian"},
                                                            {"Perm", "Old_Permic"},
                                                            {"Xpeo", "Old_Persian"},
                                                            {"Sogo", "Old_Sogdian"},
                                                            {"Sarb", "Old_South_Arabian"},
                                                            {"Orkh", "Old_Turkic"},
                                                            {"Ougr", "Old_Uyghur"},
                                                            {"Orya", "Oriya"},
                                                            {"Osge", "Osage"},
                                                            {"Osma", "Osmanya"},
                                                            {"Hmng", "Pahawh_Hmong"},
                                                            {"Palm", "Palmyrene"},
                                                            {"Pauc", "Pau_Cin_Hau"},
                                                            {"Phag", "Phags_Pa"},
                                                            {"Phnx", "Phoenician"},
                                                            {"Phlp", "Psalter_Pahlavi"},
                                                            {"Rjng", "Rejang"},
                                                            {"Runr", "Runic"},
                                                            {"Samr", "Samaritan"},
                                                            {"Saur", "Saurashtra"},
                                                            {"Shrd", "Sharada"},
                                                            {"Shaw", "Shavian"},
                                                            {"Sidd", "Siddham"},
                                                            {"Sgnw", "SignWriting"},
                                                            {"Sinh", "Sinhala"},
                                                            {"Sogd", "Sogdian"},
                                                            {"Sora", "Sora_Sompeng"},
                                                            {"Soyo", "Soyombo"},
                                                            {"Sund", "Sundanese"},
                                                            {"Sylo", "Syloti_Nagri"},
                                                            {"Syrc", "Syriac"},
                                                            {"Tglg", "Tagalog"},
                                                            {"Tagb", "Tagbanwa"},
                                                            {"Tale", "Tai_Le"},
                                                            {"Lana", "Tai_Tham"},
                                                            {"Tavt", "Tai_Viet"},
                                                            {"Takr", "Takri"},
                                                            {"Taml", "Tamil"},
                                                            {"Tnsa", "Tangsa"},
                                                            {"Tang", "Tangut"},
                                                            {"Telu", "Telugu"},
                                                            {"Thaa", "Thaana"},
                                                            {"Thai", "Thai"},
                                                            {"Tibt", "Tibetan"},
                                                            {"Tfng", "Tifinagh"},
                                                            {"Tirh", "Tirhuta"},
                                                            {"Toto", "Toto"},
                                                            {"Ugar", "Ugaritic"},
                                                            {"Zzzz", "Unknown"},
                                                            {"Vaii", "Vai"},
                                                            {"Vith", "Vithkuqi"},
                                                            {"Wcho", "Wancho"},
                                                            {"Wara", "Warang_Citi"},
                                                            {"Yezi", "Yezidi"},
                                                            {"Yiii", "Yi"},
                                                            {"Zanb", "Zanabazar_Square"}};

static const char *const binaries[][PATTERN_NAMES_OF_ONE] = {{"AHex", "ASCII_Hex_Digit"},
                                                             {"Alpha", "Alphabetic"},
                                                             {"Bidi_C", "Bidi_Control"},
                                                             {"CI", "Case_Ignorable"},
                                                             {"Cased"},
                                                             {"CWCF", "Changes_When_Casefolded"},
                                                             {"CWCM", "Changes_When_Casemapped"},
                                                             {"CWL", "Changes_When_Lowercased"},
                                                             {"CWT", "Changes_When_Titlecased"},
                                                             {"CWU", "Changes_When_Uppercased"},
                                                             {"Dash"},
                                                             {"DI", "Default_Ignorable_Code_Point"},
                                                             {"Dep", "Deprecated"},
                                                             {"Dia", "Diacritic"},
                                                             {"Emoji"},
                                                             {"EComp", "Emoji_Component"},
                                                             {"EMod", "Emoji_Modifier"},
                                                             {"EBase", "Emoji_Modifier_Base"},
                                                             {"EPres", "Emoji_Presentation"},
                                                             {"ExtPict", "Extended_Pictographic"},
                                                             {"Ext", "Extender"},
                                                             {"Gr_Base", "Grapheme_Base"},
                                                             {"Gr_Ext", "Grapheme_Extend"},
                                                             {"Hex", "Hex_Digit"},
                                                             {"IDSB", "IDS_Binary_Operator"},
                                                             {"IDST", "IDS_Trinary_Operator"},
                                                             {"IDC", "ID_Continue"},
                                                             {"IDS", "ID_Start"},
                                                             {"Ideo", "Ideographic"},
                                                             {"Join_C", "Join_Control"},
                                                             {"LOE", "Logical_Order_Exception"},
                                                             {"Lower", "Lowercase"},
                                                             {"Math"},
                                                             {"NChar", "Noncharacter_Code_Point"},
                                                             {"Pat_Syn", "Pattern_Syntax"},
                                                             {"Pat_WS", "Pattern_White_Space"},
                                                             {"QMark", "Quotation_Mark"},
                                                             {"Radical"},
                                                             {"RI", "Regional_Indicator"},
                                                             {"STerm", "Sentence_Terminal"},
                                                             {"SD", "Soft_Dotted"},
                                                             {"Term", "Terminal_Punctuation"},
                                                             {"UIdeo", "Unified_Ideograph"},
                                                             {"Upper", "Uppercase"},
                                                             {"VS", "Variation_Selector"},
                                                             {"space", "White_Space"},
                                                             {"XIDC", "XID_Continue"},
                                                             {"XIDS", "XID_Start"}};

static const struct pattern_range any[] = {{0, PATTERN_CHARACTER_MAX}};
static const struct pattern_range ascii[] = {{0, 0x7f}};

static bool is_named(const char *const names[PATTERN_NAMES_OF_ONE], struct span name)
{
    for (size_t i = 0; i < PATTERN_NAMES_OF_ONE && names[i]; i++)
        if (*names[i] == (char)*name.data && span_is(name, names[i]))
            return true;
    return false;
}

static bool find(const char *const table[][PATTERN_NAMES_OF_ONE], size_t count, struct span name,
                 const char *prefix, struct pattern_property *ret_property)
{
    for (size_t i = 0; i < count; i++)
        if (is_named(table[i], name)) {
            *ret_property =
                (struct pattern_property){.prefix = prefix, .name = span_of_string(table[i][0])};
            return true;
        }
    return false;
}

static bool find_category(struct span name, struct pattern_property *ret_property)
{
    return find(categories, LENGTH(categories), name, "", ret_property);
}

static bool find_script(struct span name, bool extensions, struct pattern_property *ret_property)
{
    const struct pattern_script *own;
    size_t count = pattern_unicode_scripts(&own);
    for (size_t i = 0; i < count; i++) {
        struct pattern_ranges ranges = extensions ? own[i].shared : own[i].ranges;
        if (ranges.count && is_named(own[i].names, name)) {
            *ret_property = (struct pattern_property){.ranges = ranges};
            return true;
        }
    }
    return find(scripts, LENGTH(scripts), name, extensions ? "scx:" : "sc:", ret_property);
}

/* Those the library has not, or not as they are. */
static bool find_own(struct span name, struct pattern_property *ret_property)
{
    if (span_is(name, "Any"))
        ret_property->ranges = (struct pattern_ranges){any, LENGTH(any)};
    else if (span_is(name, "ASCII"))
        ret_property->ranges = (struct pattern_ranges){ascii, LENGTH(ascii)};
    else if (span_is(name, "Changes_When_NFKC_Casefolded") || span_is(name, "CWKCF"))
        ret_property->ranges = pattern_unicode_nfkc_casefold;
    else if (span_is(name, "Bidi_Mirrored") || span_is(name, "Bidi_M"))
        ret_property->ranges = pattern_unicode_bidi_mirrored;
    else
        return false;
    return true;
}

static bool find_alone(struct span name, struct pattern_property *ret_property)
{
    *ret_property = (struct pattern_property){0};
    if (span_is(name, "Assigned")) {
        find_category(span_of_string("Cn"), ret_property);
        ret_property->negated = true;
        return true;
    }
    return find_own(name, ret_property) || find_category(name, ret_property) ||
           find(binaries, LENGTH(binaries), name, "", ret_property);
}

bool pattern_property_find(struct span name, const struct span *value,
                           struct pattern_property *ret_property)
{
    if (name.size == 0 || (value && value->size == 0))
        return false;
    if (!value)
        return find_alone(name, ret_property);
    if (span_is(name, "General_Category") || span_is(name, "gc"))
        return find_category(*value, ret_property);
    if (span_is(name, "Script") || span_is(name, "sc"))
        return find_script(*value, false, ret_property);
    return (span_is(name, "Script_Extensions") || span_is(name, "scx")) &&
           find_script(*value, true, ret_property);
}
