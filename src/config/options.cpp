#include "config/options.hpp"

#include "config/check_value.hpp"

namespace certbound::config {

namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kKib = 1LL << 10;
constexpr std::int64_t kMib = 1LL << 20;

const Section<net::ListenerOptions>& listener_section() {
  using Listener = net::ListenerOptions;
  static const Section<Listener> kSection{
      "listeners[]",
      {
          text<&Listener::address>("address", "Where to listen: IP:port, or [IPv6]:port. Port 0 takes a free one.",
                                   &check_address, R"((\[[0-9A-Fa-f:.]+\]|[0-9.]+):[0-9]{1,5})")
              .required()
              .sample("0.0.0.0:8443"),
          choice<&Listener::client_certificate>("client_certificate",
                                                {{"none", net::ClientCertificate::none},
                                                 {"request", net::ClientCertificate::request},
                                                 {"require", net::ClientCertificate::require}},
                                                "Whether the TLS handshake asks for a client certificate. none: no; "
                                                "request: yes, and a handshake without one "
                                                "goes on; require: yes, and a handshake without one fails. Who is "
                                                "trusted is decided per client afterwards."),
          text<&Listener::url>("url",
                               "The https origin under which clients reach this listener, where it differs from the "
                               "issuer's. Published in mtls_endpoint_aliases.",
                               &check_origin, R"(https://[^/?#]+)")
              .sample("https://mtls.as.example.com"),
      }};
  return kSection;
}

const Section<OperationsOptions>& operations_section() {
  static const Section<OperationsOptions> kSection{
      "operations",
      {
          text<&OperationsOptions::address>("address",
                                            "Where /metrics, /healthz and /readyz are served over plain HTTP: IP:port, "
                                            "or none. Keep it on loopback or on a "
                                            "network of your own.",
                                            &check_address_or_none, R"(none|(\[[0-9A-Fa-f:.]+\]|[0-9.]+):[0-9]{1,5})"),
      }};
  return kSection;
}

const Section<net::TlsOptions>& tls_section() {
  static const Section<net::TlsOptions> kSection{
      "tls",
      {
          path<&net::TlsOptions::certificate>("certificate",
                                              "The server's certificate: PEM, leaf first, then the intermediates.")
              .required()
              .sample("tls/server.crt"),
          path<&net::TlsOptions::private_key>("private_key",
                                              "Its private key: PEM, unencrypted, readable by the daemon's user only.")
              .required()
              .sample("tls/server.key"),
      }};
  return kSection;
}

const Section<oauth::SigningOptions>& signing_section() {
  using model::SigningAlgorithm;
  static const Section<oauth::SigningOptions> kSection{
      "signing",
      {
          choice<&oauth::SigningOptions::algorithm>("algorithm",
                                                    {{"ES256", SigningAlgorithm::es256},
                                                     {"PS256", SigningAlgorithm::ps256},
                                                     {"EdDSA", SigningAlgorithm::eddsa},
                                                     {"RS256", SigningAlgorithm::rs256}},
                                                    "The JWS algorithm of access tokens. Its key is made on the first "
                                                    "start. ES256 is the cheapest to sign with."),
      }};
  return kSection;
}

const Section<oauth::TokenOptions>& tokens_section() {
  static const Section<oauth::TokenOptions> kSection{
      "tokens",
      {
          duration<&oauth::TokenOptions::lifetime>("lifetime", {10, 24 * kHour},
                                                   "How long an access token is valid. Short: a client asks again."),
      }};
  return kSection;
}

const Section<model::Resource>& resource_section() {
  static const Section<model::Resource> kSection{
      "resources[]",
      {
          Field<model::Resource>{
              make_option(
                  "identifier", text_shape(R"([A-Za-z][A-Za-z0-9+.-]*:[^#]+)"),
                  "The API's identifier: an absolute URI without fragment. The resource parameter of RFC 8707 and "
                  "the aud claim of its tokens, compared octet by octet."),
              [](Reader& reader, const Node& node, model::Resource& resource) {
                auto value = read_checked_text(reader, node, &check_resource_identifier);
                if (value && reader.claim("resource", *value, node)) resource.identifier = std::move(*value);
              }}
              .required()
              .sample("https://api.example.com"),
          Field<model::Resource>{make_option("scopes", list_shape(text_shape(R"([!#-\[\]-~]+)")),
                                             "The scope tokens that the API understands.", "[]"),
                                 [](Reader& reader, const Node& node, model::Resource& resource) {
                                   read_each(reader, node, [&](const Node& member) {
                                     const auto token = read_checked_text(reader, member, &check_scope_token);
                                     if (!token) return;
                                     if (resource.scopes.has(*token))
                                       reader.complain(member, in_quotes(*token) + " stands twice; remove one");
                                     resource.scopes.add(*token);
                                   });
                                 }}
              .sample("[orders.read, orders.write]"),
      }};
  return kSection;
}

const Section<audit::Options>& audit_section() {
  static const Section<audit::Options> kSection{
      "audit",
      {
          Field<audit::Options>{
              make_option("file", make_shape(Kind::path),
                          "The audit log: one JSON line per decision. Relative to state_dir, not to this file.",
                          audit::Options{}.file.string()),
              [](Reader& reader, const Node& node, audit::Options& options) {
                if (auto value = reader.read_text(node)) options.file = std::move(*value);
              }},
          choice<&audit::Options::durability>(
              "durability", {{"kernel", audit::Durability::kernel}, {"fsync", audit::Durability::fsync}},
              "What a record has survived when its answer leaves. kernel: a killed process; fsync: a power cut."),
      }};
  return kSection;
}

const Section<net::Limits>& limits_section() {
  using net::Limits;
  static const Section<Limits> kSection{
      "limits",
      {
          size<&Limits::header_bytes>("header_bytes", {kKib, kMib},
                                      "The largest request line and header section; more is answered 431."),
          size<&Limits::body_bytes>("body_bytes", {kKib, 16 * kMib}, "The largest request body; more is answered 413."),
          integer<&Limits::connections_per_worker>(
              "connections_per_worker", {1, 1000000},
              "Connections that one worker holds at a time. Mind the process's limit of open files."),
          duration<&Limits::handshake_timeout>("handshake_timeout", {1, 10 * kMinute},
                                               "How long a TLS handshake may take."),
          duration<&Limits::header_timeout>("header_timeout", {1, 10 * kMinute},
                                            "How long a request's header section may take, once it has begun."),
          duration<&Limits::body_timeout>("body_timeout", {1, 10 * kMinute}, "How long a request's body may take."),
          duration<&Limits::idle_timeout>("idle_timeout", {1, kHour},
                                          "How long a connection may wait for its next request."),
          duration<&Limits::drain_timeout>("drain_timeout", {0, kHour},
                                           "How long SIGTERM waits for requests that are being answered."),
      }};
  return kSection;
}

const Section<LogOptions>& log_section() {
  static const Section<LogOptions> kSection{
      "log",
      {
          choice<&LogOptions::format>(
              "format", {{"json", log::Format::json}, {"text", log::Format::text}},
              "How log lines look. Default: text where standard error is a terminal, else json.")
              .sample("json"),
          choice<&LogOptions::level>("level",
                                     {{"debug", log::Level::debug},
                                      {"info", log::Level::info},
                                      {"warning", log::Level::warning},
                                      {"error", log::Level::error}},
                                     "The least level that is written."),
      }};
  return kSection;
}

const Section<x509::TrustStoreOptions>& trust_store_section() {
  using Store = x509::TrustStoreOptions;
  static const Section<Store> kSection{
      "trust_stores.NAME",
      {
          paths<&Store::anchors>("anchors",
                                 "PEM files of the certificates that end a chain for the clients that name this store. "
                                 "Never the system's CAs, never a default.")
              .at_least_one()
              .required()
              .sample("[ca/partner-root.crt]"),
          paths<&Store::intermediates>(
              "intermediates",
              "PEM files of intermediate certificates: not trusted, but at hand for clients that "
              "send their leaf certificate only, as curl --cert does.")
              .at_least_one()
              .sample("[ca/partner-issuing.crt]"),
          boolean<&Store::strict>(
              "strict",
              "Whether chains must follow the profile of RFC 5280 to the letter. false for a home-made "
              "CA without key identifiers."),
      }};
  return kSection;
}

Field<Config> trust_stores_field() {
  return {make_option(
              "trust_stores", members_shape(Kind::map, trust_store_section().table()),
              "Named sets of CA certificates. A client of the method tls_client_auth names one, and only that one's "
              "anchors count for it."),
          [](Reader& reader, const Node& node, Config& config) {
            if (!reader.expect_map(node)) return;
            for (const Node& member : node.children()) {
              if (member.kind == NodeKind::invalid) continue;
              const Reader::Step step{reader, member.key};
              reader.record_place(member);
              const std::string complaint = check_store_name(member.key);
              if (!complaint.empty()) reader.complain(member, in_quotes(member.key) + " " + complaint);
              x509::TrustStoreOptions store;
              store.name = std::string{member.key};
              trust_store_section().read(reader, member, store);
              if (reader.claim("trust store", store.name, member)) config.trust_stores.push_back(std::move(store));
            }
          }};
}

/// Read by load.cpp, after everything else.
Field<Config> later_field(std::string_view key, Shape shape, std::string_view comment) {
  return {make_option(key, std::move(shape), comment), [](Reader&, const Node&, Config&) {}};
}

Field<ClientDraft> subject_field(model::SubjectField field, std::string_view sample, std::string_view comment) {
  return Field<ClientDraft>{make_option(model::name(field), text_shape({}), comment),
                            [field](Reader& reader, const Node& node, ClientDraft& draft) {
                              // Kept even where the text is refused, so that the client does not also lack a subject.
                              draft.subjects.push_back({{field, reader.read_text(node).value_or("")}, &node});
                            }}
      .sample(sample);
}

/// What the reader checks in client_credentials.cpp, as JSON Schema says it.
constexpr std::string_view kClientRules = R"({
  "if": {"properties": {"token_endpoint_auth_method": {"const": "tls_client_auth"}}},
  "then": {
    "required": ["trust_store"],
    "oneOf": [
      {"required": ["tls_client_auth_subject_dn"]},
      {"required": ["tls_client_auth_san_dns"]},
      {"required": ["tls_client_auth_san_uri"]},
      {"required": ["tls_client_auth_san_ip"]},
      {"required": ["tls_client_auth_san_email"]}
    ],
    "properties": {"certificates": false, "jwks": false}
  },
  "else": {
    "anyOf": [{"required": ["certificates"]}, {"required": ["jwks"]}],
    "properties": {
      "trust_store": false,
      "tls_client_auth_subject_dn": false,
      "tls_client_auth_san_dns": false,
      "tls_client_auth_san_uri": false,
      "tls_client_auth_san_ip": false,
      "tls_client_auth_san_email": false
    }
  }
})";

}  // namespace

const Section<ClientDraft>& client_section() {
  using model::AuthMethod;
  using model::SubjectField;
  static const Section<ClientDraft> kSection{
      "clients[]",
      {
          text<&ClientDraft::client_id>("client_id", "The client's identifier, as it sends it: printable ASCII.",
                                        &check_client_id, R"([ -~]{1,255})")
              .required()
              .sample("partner-etl"),
          text<&ClientDraft::client_name>("client_name", "A name for people.", &check_display_name)
              .sample("Partner Corp nightly ETL"),
          choice<&ClientDraft::method>(
              "token_endpoint_auth_method",
              {{"tls_client_auth", AuthMethod::tls_client_auth},
               {"self_signed_tls_client_auth", AuthMethod::self_signed_tls_client_auth}},
              "How the client proves who it is (RFC 8705 section 2). tls_client_auth: a certificate of a CA of its "
              "trust "
              "store, with the one subject below; self_signed_tls_client_auth: a registered certificate or key.")
              .required()
              .sample("tls_client_auth"),
          subject_field(
              SubjectField::subject_dn, "CN=etl-01,O=Partner Corp,C=GB",
              "The certificate's subject in RFC 4514 form, most specific first, as certbound cert inspect prints "
              "it. Exactly one of the five tls_client_auth_ options stands here; * is a literal."),
          subject_field(SubjectField::san_dns, "etl-01.partner-corp.com", "Or: a dNSName of the certificate."),
          subject_field(SubjectField::san_uri, "spiffe://partner-corp.com/etl", "Or: a URI of the certificate."),
          subject_field(SubjectField::san_ip, "192.0.2.10", "Or: an IP address of the certificate."),
          subject_field(SubjectField::san_email, "etl@partner-corp.com", "Or: an rfc822Name of the certificate."),
          text<&ClientDraft::trust_store>("trust_store", "For tls_client_auth: the name of the client's trust store.",
                                          &check_store_name, R"([A-Za-z0-9._-]{1,64})")
              .sample("partner-corp"),
          Field<ClientDraft>{
              make_option("certificates", list_shape(make_shape(Kind::path)),
                          "For self_signed_tls_client_auth: PEM files of the client's certificates. A renewed "
                          "certificate is another one, even with the same key."),
              [](Reader&, const Node& node, ClientDraft& draft) { draft.certificates = &node; }}
              .at_least_one()
              .sample("[clients/batch-01.crt]"),
          Field<ClientDraft>{
              make_option("jwks", make_shape(Kind::jwk_set),
                          "For self_signed_tls_client_auth: a JWK Set. A key with x5c or x5t#S256 stands for "
                          "that certificate, any other for every certificate with that key."),
              [](Reader&, const Node& node, ClientDraft& draft) { draft.jwks = &node; }}
              .sample("{keys: [{kty: EC, crv: P-256, x: ..., y: ...}]}"),
          Field<ClientDraft>{make_option(
                                 "grant_types",
                                 [] {
                                   Shape shape = list_shape(choice_shape({"client_credentials"}));
                                   shape.minimum_count = 1;
                                   return shape;
                                 }(),
                                 "The grants that the client may use.", "[client_credentials]"),
                             [](Reader& reader, const Node& node, ClientDraft&) {
                               read_each(reader, node, [&](const Node& member) {
                                 // One grant is known, so a list that holds is the default.
                                 (void)reader.read_choice(member, {"client_credentials"});
                               });
                             }},
          text<&ClientDraft::scope>(
              "scope",
              "The scope tokens that the client may ask for, with blanks between them. Each is one that "
              "a resource of the client understands. Without it tokens carry no scope.",
              &check_scope, R"([!#-\[\]-~]+( +[!#-\[\]-~]+)*)")
              .sample("orders.read orders.write"),
          Field<ClientDraft>{
              make_option("resources", list_shape(text_shape({})),
                          "The resources for which the client may ask for tokens; the first is the audience "
                          "when a request names none. Default: those that understand a token of its scope."),
              [](Reader&, const Node& node, ClientDraft& draft) { draft.resources = &node; }}
              .at_least_one()
              .sample("[https://api.example.com]"),
          boolean<&ClientDraft::tls_client_certificate_bound_access_tokens>(
              "tls_client_certificate_bound_access_tokens",
              "Whether the client's tokens are bound to its certificate (RFC 8705 section 3)."),
      },
      kClientRules};
  return kSection;
}

const Section<Config>& config_section() {
  static const Section<Config> kSection{
      "",
      {
          text<&Config::issuer>(
              "issuer",
              "The issuer identifier (RFC 8414): an https URL, perhaps with a path, without query and "
              "fragment. Clients and APIs compare it as text.",
              &check_issuer, R"(https://[^?#]+)")
              .required()
              .sample("https://as.example.com:8443"),
          sections<&Config::listeners>("listeners", listener_section(), "Where certbound serves HTTPS.")
              .at_least_one()
              .required(),
          section<&Config::operations>("operations", operations_section(), "The listener for monitoring."),
          section<&Config::tls>("tls", tls_section(), "The server's own certificate, for every listener.").required(),
          path<&Config::state_dir>(
              "state_dir", "The directory of the database, the signing keys, the audit log and the control socket."),
          section<&Config::signing>("signing", signing_section(), "How tokens are signed."),
          section<&Config::tokens>("tokens", tokens_section(), "Access tokens."),
          sections<&Config::resources>("resources", resource_section(), "The protected APIs.").in_any_file(),
          section<&Config::audit>("audit", audit_section(), "The record of every decision."),
          section<&Config::limits>("limits", limits_section(), "Every wait has a deadline, every buffer a bound."),
          section<&Config::log>("log", log_section(), "The log on standard error."),
          integer<&Config::workers>("workers", {0, 1024},
                                    "Threads that serve requests. 0: as many as the CPUs that the process may use."),
          trust_stores_field().in_any_file(),
          later_field("clients", list_shape(members_shape(Kind::section, client_section().table())),
                      "The declared clients. The names are those of RFC 7591 and RFC 8705.")
              .in_any_file(),
          later_field("include", list_shape(text_shape({})),
                      "Further files, by path or glob pattern (* ? [ ]), relative to this file. They may hold clients, "
                      "resources and trust_stores, and nothing else.")
              .sample("[clients.d/*.yaml]"),
      }};
  return kSection;
}

const Section<Config>& included_section() {
  static const Section<Config> kSection = config_section().for_included_files();
  return kSection;
}

}  // namespace certbound::config
