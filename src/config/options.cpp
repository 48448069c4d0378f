#include "config/options.hpp"

#include "config/check_value.hpp"
#include "config/client_secrets.hpp"
#include "config/fapi.hpp"
#include "config/fields.hpp"
#include "config/limits_options.hpp"
#include "config/revocation_options.hpp"
#include "config/verifier_options.hpp"
#include "model/denial.hpp"

namespace certbound::config {

namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kKib = 1LL << 10;
constexpr std::int64_t kMib = 1LL << 20;
constexpr std::int64_t kLeastRotateSize = 64 * kKib;
constexpr std::int64_t kMostRotateSize = kMib * 1024 * 1024;

const Section<net::ListenerOptions>& listener_section() {
  using Listener = net::ListenerOptions;
  static const Section<Listener> rows{
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
  return rows;
}

const Section<OperationsOptions>& operations_section() {
  static const Section<OperationsOptions> rows{
      "operations",
      {
          text<&OperationsOptions::address>("address",
                                            "Where /metrics, /healthz and /readyz are served over plain HTTP: IP:port, "
                                            "or none. Keep it on loopback or on a "
                                            "network of your own.",
                                            &check_address_or_none, R"(none|(\[[0-9A-Fa-f:.]+\]|[0-9.]+):[0-9]{1,5})"),
      }};
  return rows;
}

const Section<net::TlsOptions>& tls_section() {
  static const Section<net::TlsOptions> rows{
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
  return rows;
}

const Section<oauth::SigningOptions>& signing_section() {
  using model::SigningAlgorithm;
  static const Section<oauth::SigningOptions> rows{
      "signing",
      {
          choice<&oauth::SigningOptions::algorithm>("algorithm",
                                                    {{"ES256", SigningAlgorithm::es256},
                                                     {"PS256", SigningAlgorithm::ps256},
                                                     {"EdDSA", SigningAlgorithm::eddsa},
                                                     {"RS256", SigningAlgorithm::rs256}},
                                                    "The JWS algorithm of access tokens. Its key is made on the first "
                                                    "start. ES256 is the cheapest to sign with. After a reload with "
                                                    "another one the old key signs until every cache of the key set "
                                                    "can know the new one."),
          duration<&oauth::SigningOptions::rotation_interval>("rotation_interval", {0, kHour * 24 * 3660},
                                                              "How long a key signs. At least twice jwks_max_age, and "
                                                              "1/16 of the longest lifetime of a token. 0s: only "
                                                              "when certbound keys rotate says so."),
          duration<&oauth::SigningOptions::jwks_max_age>(
              "jwks_max_age", {1, kHour * 24 * 7},
              "For how long the key set may be cached (Cache-Control). A key is published for that long, and a tenth "
              "more, before it signs."),
          path<&oauth::SigningOptions::key_encryption_key>(
              "key_encryption_key",
              "File of 32 random octets or more (openssl rand -hex 32), readable by the daemon's user only; as a "
              "systemd credential ${CREDENTIALS_DIRECTORY}/NAME. The private keys in state_dir are encrypted with it. "
              "Keep a copy elsewhere: without it they are lost.")
              .sample("key-encryption.key"),
      }};
  return rows;
}

constexpr Range kLifetimeRange{10, std::chrono::seconds{model::kLongestLifetime}.count()};

const Section<oauth::TokenOptions>& tokens_section() {
  static const Section<oauth::TokenOptions> rows{
      "tokens",
      {
          duration<&oauth::TokenOptions::lifetime>("lifetime", kLifetimeRange,
                                                   "How long an access token is valid. Short: a client asks again."),
      }};
  return rows;
}

const Section<model::Resource>& resource_section() {
  static const Section<model::Resource> rows{
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
          choice<&model::Resource::token_format>(
              "token_format", {{"jwt", model::TokenFormat::jwt}, {"opaque", model::TokenFormat::opaque}},
              "What the API's tokens look like. opaque: nobody can read them but this server, so the API asks the "
              "introspection endpoint and has to be named under introspection_clients, or its proxy asks a verifier."),
          Field<model::Resource>{
              make_option("lifetime", make_shape(Kind::duration, kLifetimeRange),
                          "How long the API's tokens are valid, where not as tokens.lifetime says. A token for several "
                          "APIs lives as long as the shortest."),
              [](Reader& reader, const Node& node, model::Resource& resource) {
                resource.lifetime = reader.read_duration(node, kLifetimeRange);
              }},
          Field<model::Resource>{
              make_option("introspection_clients", list_shape(text_shape(R"([ -~]{1,255})")),
                          "The client_ids of this API's servers: the introspection endpoint tells them, and nobody "
                          "else, about its tokens.",
                          "[]"),
              [](Reader& reader, const Node& node, model::Resource& resource) {
                read_each(reader, node, [&](const Node& member) {
                  auto id = read_checked_text(reader, member, &check_client_id);
                  if (!id) return;
                  reader.session().named_clients.push_back({*id, reader.place_of(member)});
                  resource.introspection_clients.push_back(*std::move(id));
                });
              }},
      }};
  return rows;
}

const Section<audit::Options>& audit_section() {
  static const Section<audit::Options> rows{
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
          Field<audit::Options>{
              make_option("rotate_size", make_shape(Kind::size, {0, kMostRotateSize}),
                          "The file is set aside once it has this size, as NAME.YYYYMMDDTHHMMSSZ, and another is "
                          "begun; at least 64KiB. 0: never, which leaves it to logrotate and SIGHUP.",
                          "0"),
              [](Reader& reader, const Node& node, audit::Options& options) {
                const auto value = reader.read_size(node, {0, kMostRotateSize});
                if (!value) return;
                if (*value != 0 && *value < kLeastRotateSize) {
                  reader.complain(node, "a file for every few records; write 0 for never, or at least 64KiB");
                }
                options.rotate_size = static_cast<std::uint64_t>(*value);
              }}
              .sample("100MiB"),
      }};
  return rows;
}

const Section<LogOptions>& log_section() {
  static const Section<LogOptions> rows{
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
  return rows;
}

const Section<fetch::Options>& fetch_section() {
  using fetch::Options;
  static const Section<Options> rows{
      "fetch",
      {
          Field<Options>{
              make_option("allow", list_shape(text_shape(R"([^/?#@\s]+)")),
                          "Hosts that may have private or special-use addresses: HOST (any port), HOST:PORT, "
                          "an IPv4 address, an IPv6 address in brackets. Requests to such addresses are "
                          "refused otherwise, since they would be a way into your own network.",
                          "[]"),
              [](Reader& reader, const Node& node, Options& options) {
                read_each(reader, node, [&](const Node& member) {
                  auto entry = read_checked_text(reader, member, &check_fetch_host);
                  if (entry) options.allow.push_back(std::move(*entry));
                });
              }}
              .sample(R"(["jwks.partner.internal:8443"])"),
          path<&Options::ca_file>("ca_file",
                                  "PEM file of the CAs that outbound TLS trusts. Default: the system's CAs. For "
                                  "outbound connections only; clients are never judged by it.")
              .sample("ca/outbound.crt"),
      }};
  return rows;
}

const Section<x509::TrustStoreOptions>& trust_store_section() {
  using Store = x509::TrustStoreOptions;
  static const Section<Store> rows{
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
          Field<Store>{make_option("revocation", members_shape(Kind::section, revocation_section().table()),
                                   "Whether certificates that their CA has revoked are refused. Without it they are "
                                   "not."),
                       [](Reader& reader, const Node& node, Store& store) {
                         revocation_section().read(reader, node, store.revocation);
                         check_revocation(reader, node, store.revocation);
                       }},
      }};
  return rows;
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

}  // namespace

const Section<Config>& config_section() {
  static const Section<Config> rows{
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
          sections<&Config::verifiers>("verifiers", verifier_section(),
                                       "Where proxies ask whether a request may pass (docs/PROXIES.md): the token of "
                                       "its Authorization header, and its binding to the client's certificate."),
          section<&Config::tls>("tls", tls_section(), "The server's own certificate, for every listener.").required(),
          path<&Config::state_dir>("state_dir", "The directory of the database, the signing keys and the audit log."),
          section<&Config::signing>("signing", signing_section(), "How tokens are signed."),
          section<&Config::tokens>("tokens", tokens_section(), "Access tokens."),
          section<&Config::dpop>("dpop", dpop_section(), "Proof of possession by DPoP (RFC 9449)."),
          profile_field(),
          sections<&Config::resources>("resources", resource_section(), "The protected APIs.").in_any_file(),
          section<&Config::audit>("audit", audit_section(), "The record of every decision."),
          section<&Config::fetch>(
              "fetch", fetch_section(),
              "Outbound requests: CRLs and jwks_uri by URL, OCSP. Proxies of the environment are not used."),
          section<&Config::limits>("limits", limits_section(), "Every wait has a deadline, every buffer a bound."),
          section<&Config::log>("log", log_section(), "The log on standard error."),
          integer<&Config::workers>("workers", {0, 1024},
                                    "Threads that serve requests. 0: as many as the CPUs that the process may use."),
          boolean<&Config::watch>(
              "watch",
              "Whether a change of this file, of an included one or of one that they name (certificates, keys, "
              "anchors, CRLs) is a reload, as SIGHUP is. Sees files that are rewritten or replaced, and symbolic "
              "links that are exchanged; not what another machine changes on a network file system."),
          client_secrets_field(),
          trust_stores_field().in_any_file(),
          later_field("clients", list_shape(members_shape(Kind::section, client_section().table())),
                      "The declared clients. The names are those of RFC 7591 and RFC 8705.")
              .in_any_file(),
          later_field("include", list_shape(text_shape({})),
                      "Further files, by path or glob pattern (* ? [ ]), relative to this file. They may hold clients, "
                      "resources and trust_stores, and nothing else.")
              .sample("[clients.d/*.yaml]"),
      }};
  return rows;
}

const Section<Config>& included_section() {
  static const Section<Config> rows = config_section().for_included_files();
  return rows;
}

}  // namespace certbound::config
