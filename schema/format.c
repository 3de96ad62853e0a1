#include "schema/format_internal.h"
#include "schema/pattern.h"

static const struct format formats[] = {
    {"date", fits_date, "a date (2026-11-21)"},
    {"date-time", fits_date_time, "a date and time (2026-11-21T10:00:00Z)"},
    {"duration", fits_duration, "a duration (P1DT12H)"},
    {"email", fits_email, "an email address"},
    {"hostname", fits_hostname, "a host name"},
    {"idn-email", fits_idn_email, "an internationalized email address"},
    {"idn-hostname", fits_idn_hostname, "an internationalized host name"},
    {"ipv4", fits_ipv4, "an IPv4 address"},
    {"ipv6", fits_ipv6, "an IPv6 address"},
    {"iri", fits_iri, "an IRI"},
    {"iri-reference", fits_iri_reference, "an IRI or a relative reference"},
    {"json-pointer", fits_json_pointer, "a JSON pointer (/a/0)"},
    {"regex", pattern_valid, "a regular expression (ECMA-262)"},
    {"relative-json-pointer", fits_relative_json_pointer, "a relative JSON pointer (1/a)"},
    {"time", fits_time, "a time with its offset (10:00:00Z)"},
    {"uri", fits_uri, "a URI"},
    {"uri-reference", fits_uri_reference, "a URI or a relative reference"},
    {"uri-template", fits_uri_template, "a URI template (/{id})"},
    {"uuid", fits_uuid, "a UUID"},
};

const struct format *format_find(struct span name)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (span_is(name, formats[i].name))
            return &formats[i];
    return NULL;
}

size_t format_list(const struct format **ret_formats)
{
    *ret_formats = formats;
    return sizeof(formats) / sizeof(formats[0]);
}
