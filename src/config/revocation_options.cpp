#include "config/revocation_options.hpp"

#include <algorithm>

#include "config/check_value.hpp"
#include "config/fields.hpp"
#include "fetch/url.hpp"

namespace certbound::config {

namespace {

/// A URL is no file, and read as one it would be "missing".
void read_crl_source(Reader& reader, const Node& node, x509::RevocationOptions& options) {
  auto text = reader.read_text(node);
  if (!text) return;
  x509::CrlSource source;
  if (text->find("://") != std::string::npos) {
    if (const std::string complaint = check_crl_url(*text); !complaint.empty()) {
      reader.complain(node, "the URL " + complaint);  // not in quotes: there may be a password in it
      return;
    }
    source.url = std::move(*text);
  } else if (auto path = reader.read_path(node)) {
    source.file = std::move(*path);
  }
  if (std::find(options.crls.begin(), options.crls.end(), source) != options.crls.end()) {
    // The URL not in quotes: its query may be a secret.
    reader.complain(node, (source.url.empty() ? in_quotes(node.text) : "the URL") + " stands twice; remove one");
  }
  options.crls.push_back(std::move(source));
}

/// `false`, a URL, `from_certificate`, or `true`, which means the same as that.
void read_ocsp(Reader& reader, const Node& node, x509::OcspOptions& options) {
  using x509::OcspSource;
  const auto scalar = reader.read_scalar(node, "false, from_certificate or the URL of a responder");
  if (!scalar || (scalar->is_plain && scalar->text == "false")) return;
  if ((scalar->is_plain && scalar->text == "true") || scalar->text == "from_certificate") {
    options.source = OcspSource::from_certificate;
    return;
  }
  // What follows is about a source, not about why this is none.
  options.source = OcspSource::responder;
  options.responder = scalar->text;
  const auto url = fetch::parse_url(scalar->text);
  if (url) return;
  // Not quoted: what is wrong with it may be a password in it.
  reader.complain(node, "neither false, true, from_certificate nor the URL of a responder (" + url.error().detail +
                            "); write for example http://ocsp.example.com/");
}

/// The hosts belong to certificates that name their responder, and they to the hosts: else whoever signs a certificate
/// would choose whom this server calls.
void check_ocsp(Reader& reader, const Node& node, const x509::OcspOptions& options) {
  const Node* ocsp = node.find("ocsp");
  const Node* hosts = node.find("ocsp_hosts");
  const bool is_from_certificate = options.source == x509::OcspSource::from_certificate;
  if (is_from_certificate && hosts == nullptr) {
    reader.complain_of("ocsp", *ocsp,
                       in_quotes(ocsp->text) +
                           " asks the responders that certificates name; add the hosts that may be "
                           "asked: ocsp_hosts: [HOST], or write the responder's URL instead");
  }
  if (!is_from_certificate && hosts != nullptr) {
    reader.complain_of("ocsp_hosts", *hosts, "nobody looks at them; they belong to ocsp: from_certificate");
  }
}

Field<x509::RevocationOptions> ocsp_field() {
  using Revocation = x509::RevocationOptions;
  return Field<Revocation>{
      make_option("ocsp", make_shape(Kind::ocsp),
                  "Whom to ask by OCSP about a certificate of which the CRLs tell nothing: nobody; one "
                  "responder; or (from_certificate, or true) the one that the certificate itself names, if its "
                  "host is in ocsp_hosts. Answers are kept until their nextUpdate, good ones for an hour at most. "
                  "Where nobody answers, mode decides.",
                  "false"),
      [](Reader& reader, const Node& node, Revocation& options) { read_ocsp(reader, node, options.ocsp); }};
}

Field<x509::RevocationOptions> ocsp_hosts_field() {
  using Revocation = x509::RevocationOptions;
  return Field<Revocation>{
      make_option("ocsp_hosts", list_shape(text_shape(R"([^/?#@\s]+)")),
                  "With from_certificate: the only hosts that are asked, as HOST (any port) or HOST:PORT. A "
                  "host of a private address stands in fetch.allow as well."),
      [](Reader& reader, const Node& node, Revocation& options) {
        read_each(reader, node, [&](const Node& member) {
          auto host = read_checked_text(reader, member, &check_fetch_host);
          if (host) options.ocsp.hosts.push_back(std::move(*host));
        });
      }}
      .at_least_one()
      .sample("[ocsp.partner-corp.com]");
}

}  // namespace

const Section<x509::RevocationOptions>& revocation_section() {
  using x509::RevocationMode;
  using Revocation = x509::RevocationOptions;
  static const Section<Revocation> rows{
      "trust_stores.NAME.revocation",
      {
          choice<&Revocation::mode>(
              "mode",
              {{"off", RevocationMode::off},
               {"soft_fail", RevocationMode::soft_fail},
               {"require", RevocationMode::require}},
              "off: nothing is looked up. soft_fail: a certificate that a CRL lists, or that an OCSP responder calls "
              "revoked, is refused; where neither tells, it is accepted, logged and counted. require: it is refused "
              "then too.")
              .required()
              .sample("require"),
          Field<Revocation>{
              make_option(
                  "crls", list_shape(make_shape(Kind::path)),
                  "CRLs, PEM or DER, of the anchors and intermediates above: the complete list of each CA whose "
                  "certificates are to be known. A file is read at start and on every reload. An http or https URL is "
                  "fetched "
                  "in the background, again before its list is due and on every reload; the last good copy is kept in "
                  "state_dir. A list is signed by its CA, so http is as good as https."),
              [](Reader& reader, const Node& node, Revocation& options) {
                read_each(reader, node, [&](const Node& member) { read_crl_source(reader, member, options); });
              }}
              .at_least_one()
              .live_sample(R"([ca/partner.crl, "http://crl.partner-corp.com/root.crl"])"),
          ocsp_field(),
          ocsp_hosts_field(),
      },
      R"({"allOf": [
        {"if": {"properties": {"mode": {"enum": ["soft_fail", "require"]}}},
         "then": {"anyOf": [{"required": ["crls"]},
                            {"required": ["ocsp"], "properties": {"ocsp": {"not": {"const": false}}}}]}},
        {"if": {"required": ["ocsp"], "properties": {"ocsp": {"enum": [true, "from_certificate"]}}},
         "then": {"required": ["ocsp_hosts"]}},
        {"if": {"required": ["ocsp_hosts"]},
         "then": {"required": ["ocsp"],
                  "properties": {"ocsp": {"anyOf": [{"enum": [true, "from_certificate"]},
                                                    {"$ref": "#/definitions/variable"}]}}}}
      ]})"};
  return rows;
}

void check_revocation(Reader& reader, const Node& node, const x509::RevocationOptions& options) {
  const Node* mode = node.find("mode");
  const Node* crls = node.find("crls");
  if (node.kind != NodeKind::map) return;
  check_ocsp(reader, node, options.ocsp);
  if (mode == nullptr) return;
  if (options.mode != x509::RevocationMode::off && crls == nullptr && !options.ocsp.is_on()) {
    reader.complain_of(
        "mode", *mode,
        in_quotes(mode->text) + " needs CRLs to look at, or whom to ask; add crls: [FILE or URL] or ocsp: URL");
  }
  if (mode->text == "off" && options.ocsp.is_on()) {
    reader.complain_of("ocsp", *node.find("ocsp"), "nobody is asked while mode is off", Severity::warning);
  }
  if (mode->text == "off" && crls != nullptr) {
    reader.complain_of("crls", *crls, "nobody looks at them while mode is off", Severity::warning);
  }
}

}  // namespace certbound::config
