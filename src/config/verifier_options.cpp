#include "config/verifier_options.hpp"

#include <algorithm>
#include <sys/un.h>
#include <utility>

#include "config/check_value.hpp"
#include "config/fields.hpp"

namespace certbound::config {

namespace {

constexpr std::string_view kUnix = "unix:";

std::string check_verifier_address(std::string_view text) {
  if (!text.starts_with(kUnix)) return check_address(text);
  const std::string_view path = text.substr(kUnix.size());
  if (!path.starts_with('/')) return "is no Unix socket; write unix: and an absolute path";
  if (path.size() >= sizeof ::sockaddr_un{}.sun_path) return "is too long for a Unix socket: 107 octets at most";
  return {};
}

/// Lower case, as requests have it.
std::string check_header_name(std::string_view text) {
  const bool is_name = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!is_name) return "is no header name; write it in lower case, for example x-ssl-client-cert";
  if (text == "authorization" || text == "dpop") return "is the client's own; name a header that the proxy sets";
  return {};
}

/// What a proof is held against comes from the configuration and from the proxy, each under a name of its own.
void check_request_headers(Reader& reader, const Node& node, const gate::Options& options) {
  const std::string_view certificate = options.certificate_header.empty()
                                           ? gate::usual_header(options.certificate_format)
                                           : std::string_view{options.certificate_header};
  const std::string_view method = options.method_header.empty() ? gate::kMethodHeader : options.method_header;
  for (const auto& [option, name] : {std::pair{"method_header", std::string_view{options.method_header}},
                                     std::pair{"uri_header", std::string_view{options.uri_header}}}) {
    const Node* given = node.find(option);
    if (given == nullptr || name.empty()) continue;
    if (options.url.empty()) {
      reader.complain_of(option, *given,
                         "belongs to url, the origin that DPoP proofs are made for; add it, or remove this");
    }
    const bool is_taken = name == certificate || (given == node.find("uri_header") && name == method);
    if (is_taken) reader.complain_of(option, *given, in_quotes(name) + " is another header of this verifier already");
  }
}

Field<gate::Options> socket_mode_field() {
  return Field<gate::Options>{
      make_option("socket_mode", text_shape("0[0-7]{3}"),
                  "The mode of the Unix socket, in octal: who may write to it may ask, and nobody else.", "\"0660\""),
      [](Reader& reader, const Node& node, gate::Options& options) {
        const auto text = reader.read_text(node);
        if (!text) return;
        const bool is_mode = text->size() == 4 && text->front() == '0' &&
                             std::all_of(text->begin(), text->end(), [](char c) { return c >= '0' && c <= '7'; });
        if (!is_mode) {
          reader.complain(node,
                          in_quotes(node.text) + " is no mode; write it in octal and in quotes, for example \"0660\"");
          return;
        }
        options.socket_mode = static_cast<unsigned>(std::stoul(*text, nullptr, 8));
      }};
}

Field<gate::Options> binding_field() {
  return choice<&gate::Options::binding>(
      "binding",
      {{"required", Binding::required}, {"when_bound", Binding::when_bound}, {"certificate", Binding::certificate}},
      "What a token has to be bound to: required: to something, the certificate, a DPoP "
      "key or both; when_bound: it may be bound to nothing; certificate: to the "
      "certificate, whether to a DPoP key too or not. Whatever it is bound to has to be "
      "proved in any case.");
}

Field<gate::Options> url_field() {
  return text<&gate::Options::url>(
             "url",
             "The https origin under which clients call the API, for DPoP (RFC 9449): proofs have to "
             "be made for it and the path of the request. Without it tokens that are bound to a DPoP "
             "key are refused.",
             &check_origin)
      .sample("https://api.example.com");
}

Field<gate::Options> method_header_field() {
  return text<&gate::Options::method_header>(
      "method_header",
      "The header with the method of the client's request, in lower case. The proxy "
      "has to set it, in place of whatever its client sends. Default: "
      "x-original-method.",
      &check_header_name, "[a-z0-9-]+");
}

Field<gate::Options> uri_header_field() {
  return text<&gate::Options::uri_header>(
      "uri_header",
      "The header with the path of the client's request, with its query or without, in "
      "lower case. The proxy has to set it. Default: x-original-uri.",
      &check_header_name, "[a-z0-9-]+");
}

/// Who may ask: on a Unix socket its mode says, else the certificates.
void check_proxies(Reader& reader, const Node& node, const gate::Options& options) {
  const Node* address = node.find("address");
  const Node* proxies = node.find("proxies");
  const Node* mode = node.find("socket_mode");
  if (address == nullptr || options.address.empty()) return;
  if (options.is_local() && proxies != nullptr) {
    reader.complain_of("proxies", *proxies, "a Unix socket has no TLS: socket_mode says who may ask; remove it");
  }
  if (!options.is_local() && proxies == nullptr) {
    reader.complain_of("address", *address,
                       "anybody can reach " + in_quotes(address->text) +
                           "; add proxies: [FILE] with the certificates that may ask, or listen on unix:PATH");
  }
  if (!options.is_local() && mode != nullptr) {
    reader.complain_of("socket_mode", *mode, "belongs to an address unix:PATH; remove it");
  }
}

void check_audience(Reader& reader, const Node& node, const gate::Options& options, const Config& config) {
  const Node* audience = node.find("audience");
  if (audience == nullptr || options.audience.empty()) return;
  const auto is_it = [&options](const model::Resource& resource) { return resource.identifier == options.audience; };
  const auto resource = std::find_if(config.resources.begin(), config.resources.end(), is_it);
  if (resource != config.resources.end()) return;
  reader.complain_of("audience", *audience,
                     in_quotes(audience->text) + " is none of the resources, so no token is for it");
}

}  // namespace

const Section<gate::Options>& verifier_section() {
  using gate::CertificateFormat;
  using gate::Options;
  static const Section<Options> rows{
      "verifiers[]",
      {
          text<&Options::address>("address",
                                  "Where proxies ask: unix:PATH with an absolute path, or IP:port, [IPv6]:port over "
                                  "TLS with the server's certificate.",
                                  &check_verifier_address)
              .required()
              .sample("unix:/run/certbound/verify.sock"),
          socket_mode_field(),
          paths<&Options::proxies>("proxies",
                                   "Of IP:port: PEM files with the certificates of the proxies that may ask. The very "
                                   "certificates count, whoever issued them.")
              .at_least_one()
              .sample("[tls/proxy.crt]"),
          text<&Options::audience>("audience",
                                   "The resource behind the proxy: tokens for others are refused. One of resources.",
                                   &check_resource_identifier)
              .required()
              .sample("https://api.example.com"),
          choice<&Options::certificate_format>(
              "certificate_format",
              {{"rfc9440", CertificateFormat::rfc9440},
               {"nginx", CertificateFormat::nginx},
               {"base64", CertificateFormat::base64},
               {"xfcc", CertificateFormat::xfcc}},
              "How the proxy hands on its client's certificate. rfc9440: base64 of the DER between colons; nginx: "
              "percent-encoded PEM ($ssl_client_escaped_cert); base64: base64 of the DER and nothing else (Traefik); "
              "xfcc: Cert= of Envoy's X-Forwarded-Client-Cert, with one element. The proxy has to set the header "
              "itself, in place of whatever its client sends."),
          text<&Options::certificate_header>(
              "certificate_header",
              "The header that carries it, in lower case. Default: client-cert, x-ssl-client-cert, "
              "x-forwarded-tls-client-cert or x-forwarded-client-cert, after the format.",
              &check_header_name, "[a-z0-9-]+"),
          text<&Options::scope>("scope", "Scopes that every request needs, beside those of the proxy's ?scope=.",
                                &check_scope),
          binding_field(),
          url_field(),
          method_header_field(),
          uri_header_field(),
      },
      R"({"allOf": [
        {"if": {"properties": {"address": {"pattern": "^unix:"}}}, "then": {"not": {"required": ["proxies"]}}},
        {"if": {"properties": {"address": {"pattern": "^[0-9\\[]"}}},
         "then": {"required": ["proxies"], "not": {"required": ["socket_mode"]}}},
        {"if": {"not": {"required": ["url"]}},
         "then": {"allOf": [{"not": {"required": ["method_header"]}}, {"not": {"required": ["uri_header"]}}]}}
      ]})"};
  return rows;
}

void check_verifiers(Reader& reader, const Node& root, const Config& config) {
  const Node* list = root.find("verifiers");
  if (list == nullptr || list->kind != NodeKind::list) return;
  const Reader::Step step{reader, "verifiers"};
  std::size_t index = 0;
  for (const Node& node : list->children()) {
    const gate::Options& options = config.verifiers[index];
    const Reader::Step member{reader, static_cast<int>(index++), {}};
    if (node.kind != NodeKind::map) continue;
    const Node* address = node.find("address");
    const auto canonical = options.is_local() ? options.address : canonical_address(options.address);
    if (address != nullptr && canonical) {
      const Reader::Step here{reader, "address"};
      (void)reader.claim("address", *canonical, *address);
    }
    check_proxies(reader, node, options);
    check_request_headers(reader, node, options);
    check_audience(reader, node, options, config);
  }
}

}  // namespace certbound::config
