#include "config/check_value.hpp"
#include "config/client_binding.hpp"
#include "config/fields.hpp"
#include "config/options.hpp"
#include "oauth/client_algorithms.hpp"

namespace certbound::config {

namespace {

/// A value that client_credentials.cpp or client_reader.cpp reads, since it takes more than the value to check it.
template <auto Member>
Field<ClientDraft> node_field(std::string_view key, Shape shape, std::string_view comment) {
  return {make_option(key, std::move(shape), comment),
          [](Reader& /*reader*/, const Node& node, ClientDraft& draft) { draft.*Member = &node; }};
}

Field<ClientDraft> method_field() {
  using model::AuthMethod;
  return choice<&ClientDraft::method>(
      "token_endpoint_auth_method",
      {{model::name(AuthMethod::tls_client_auth), AuthMethod::tls_client_auth},
       {model::name(AuthMethod::self_signed_tls_client_auth), AuthMethod::self_signed_tls_client_auth},
       {model::name(AuthMethod::private_key_jwt), AuthMethod::private_key_jwt},
       {model::name(AuthMethod::client_secret_basic), AuthMethod::client_secret_basic},
       {model::name(AuthMethod::client_secret_post), AuthMethod::client_secret_post}},
      "How the client proves who it is (RFC 8705 section 2). tls_client_auth: a certificate of a CA of its trust "
      "store, with the one subject below; self_signed_tls_client_auth: a registered certificate or key; "
      "private_key_jwt: a JWT that the client signs for each request (RFC 7523), with the issuer as its audience; "
      "client_secret_basic, client_secret_post: a shared secret, in the Authorization header or in the form.");
}

Field<ClientDraft> grant_types_field() {
  return Field<ClientDraft>{make_option("grant_types", list_shape(choice_shape({"client_credentials"})),
                                        "The grants that the client may use.", "[client_credentials]"),
                            [](Reader& reader, const Node& node, ClientDraft& /*draft*/) {
                              read_each(reader, node, [&](const Node& member) {
                                // One grant is known, so a list that holds is the default.
                                (void)reader.read_choice(member, {"client_credentials"});
                              });
                            }}
      .at_least_one();
}

Field<ClientDraft> subject_field(model::SubjectField field, std::string_view sample, std::string_view comment) {
  return Field<ClientDraft>{make_option(model::name(field), text_shape({}), comment),
                            [field](Reader& reader, const Node& node, ClientDraft& draft) {
                              // Kept even where the text is refused, so that the client does not also lack a subject.
                              draft.subjects.push_back({{field, reader.read_text(node).value_or("")}, &node});
                            }}
      .sample(sample);
}

Field<ClientDraft> jwks_uri_field() {
  constexpr std::string_view kComment =
      "The https URL of a JWK Set, in place of jwks; read as that is. Fetched in the background, and once more (at "
      "most every 30 s) when the client comes with a certificate or a key that is not in it. The "
      "last good copy is kept in state_dir and counts while the URL cannot be fetched.";
  Field<ClientDraft> field{make_option("jwks_uri", text_shape(R"(https://[^#\s]+)"), kComment),
                           [](Reader& reader, const Node& node, ClientDraft& draft) {
                             auto text = reader.read_text(node);
                             if (!text) return;
                             const std::string complaint = check_jwks_uri(*text);
                             if (complaint.empty()) {
                               draft.jwks_uri = std::move(*text);
                             } else {
                               // Not in quotes: there may be a password in it.
                               reader.complain(node, "the URL " + complaint);
                             }
                           }};
  return std::move(field).sample("https://partner-corp.com/jwks.json");
}

Field<ClientDraft> public_keys_field() {
  return node_field<&ClientDraft::public_keys>("public_keys", list_shape(make_shape(Kind::path)),
                                               "For private_key_jwt: PEM files of the client's public keys.")
      .at_least_one()
      .sample("[clients/batch-02.pub]");
}

Field<ClientDraft> assertion_algorithm_field() {
  std::vector<std::string_view> names;
  for (const std::string_view name : oauth::client_algorithms(oauth::Profile::none)) names.push_back(name);
  return {make_option("token_endpoint_auth_signing_alg", choice_shape(names),
                      "For private_key_jwt: the one algorithm of the client's assertions. Without it any that fits its "
                      "keys."),
          [names](Reader& reader, const Node& node, ClientDraft& draft) {
            if (const auto index = reader.read_choice(node, names)) draft.assertion_algorithm = names[*index];
          }};
}

Field<ClientDraft> secret_file_field() {
  constexpr std::string_view kComment =
      "For client_secret_basic and client_secret_post: a file with a secret that exists already, in one line: "
      "printable ASCII, 512 characters at the most, of 128 bits or more. A character counts as if it were drawn at "
      "random: 3.32 bits in a secret of digits, 4 of hexadecimal digits, 5.17 of letters of one case and digits, 5.95 "
      "of letters and digits, else 6.5. Without it: certbound client secret new makes one.";
  return node_field<&ClientDraft::client_secret_file>("client_secret_file", make_shape(Kind::path), kComment)
      .sample("clients/legacy.secret");
}

Field<ClientDraft> resources_field() {
  return node_field<&ClientDraft::resources>(
             "resources", list_shape(text_shape({})),
             "The resources for which the client may ask for tokens; the first is the audience "
             "when a request names none. Default: those that understand a token of its scope.")
      .at_least_one()
      .sample("[https://api.example.com]");
}

/// What client_credentials.cpp checks, as JSON Schema says it.
constexpr std::string_view kClientRules = R"({
  "allOf": [
    {
      "if": {"properties": {"token_endpoint_auth_method": {"const": "tls_client_auth"}}},
      "then": {
        "required": ["trust_store"],
        "oneOf": [
          {"required": ["tls_client_auth_subject_dn"]},
          {"required": ["tls_client_auth_subject_dn_pattern"]},
          {"required": ["tls_client_auth_san_dns"]},
          {"required": ["tls_client_auth_san_uri"]},
          {"required": ["tls_client_auth_san_ip"]},
          {"required": ["tls_client_auth_san_email"]}
        ],
        "properties": {
          "certificates": false,
          "jwks": false,
          "jwks_uri": false,
          "public_keys": false,
          "token_endpoint_auth_signing_alg": false,
          "client_secret_file": false
        }
      }
    },
    {
      "if": {"properties": {"token_endpoint_auth_method": {"const": "self_signed_tls_client_auth"}}},
      "then": {
        "anyOf": [{"required": ["certificates"]}, {"required": ["jwks"]}, {"required": ["jwks_uri"]}],
        "not": {"required": ["jwks", "jwks_uri"]},
        "properties": {
          "public_keys": false,
          "token_endpoint_auth_signing_alg": false,
          "client_secret_file": false,
          "trust_store": false,
          "tls_client_auth_subject_dn": false,
          "tls_client_auth_subject_dn_pattern": false,
          "tls_client_auth_san_dns": false,
          "tls_client_auth_san_uri": false,
          "tls_client_auth_san_ip": false,
          "tls_client_auth_san_email": false
        }
      }
    },
    {
      "if": {"properties": {"token_endpoint_auth_method": {"const": "private_key_jwt"}}},
      "then": {
        "anyOf": [{"required": ["public_keys"]}, {"required": ["jwks"]}, {"required": ["jwks_uri"]}],
        "not": {"required": ["jwks", "jwks_uri"]},
        "properties": {
          "certificates": false,
          "client_secret_file": false,
          "trust_store": false,
          "tls_client_auth_subject_dn": false,
          "tls_client_auth_subject_dn_pattern": false,
          "tls_client_auth_san_dns": false,
          "tls_client_auth_san_uri": false,
          "tls_client_auth_san_ip": false,
          "tls_client_auth_san_email": false
        }
      }
    },
    {
      "if": {
        "properties": {"token_endpoint_auth_method": {"enum": ["client_secret_basic", "client_secret_post"]}}
      },
      "then": {
        "properties": {
          "certificates": false,
          "jwks": false,
          "jwks_uri": false,
          "public_keys": false,
          "token_endpoint_auth_signing_alg": false,
          "trust_store": false,
          "tls_client_auth_subject_dn": false,
          "tls_client_auth_subject_dn_pattern": false,
          "tls_client_auth_san_dns": false,
          "tls_client_auth_san_uri": false,
          "tls_client_auth_san_ip": false,
          "tls_client_auth_san_email": false
        }
      }
    }
  ]
})";

}  // namespace

const Section<ClientDraft>& client_section() {
  using model::SubjectField;
  static const Section<ClientDraft> rows{
      "clients[]",
      {
          text<&ClientDraft::client_id>("client_id", "The client's identifier, as it sends it: printable ASCII.",
                                        &check_client_id, R"([ -~]{1,255})")
              .required()
              .sample("partner-etl"),
          text<&ClientDraft::client_name>("client_name", "A name for people.", &check_display_name)
              .live_sample("Partner Corp nightly ETL"),
          method_field().required().sample("tls_client_auth"),
          subject_field(
              SubjectField::subject_dn, "CN=etl-01,O=Partner Corp,C=GB",
              "For tls_client_auth: the certificate's subject in RFC 4514 form, most specific first, as certbound "
              "cert inspect prints it. Exactly one of the six tls_client_auth_ options; * is a literal.")
              .live_sample("CN=etl-01,O=Partner Corp,C=GB"),
          subject_field(SubjectField::subject_dn_pattern, "CN=*.partner-corp.com,O=Partner Corp",
                        "Or: a pattern of subjects, for any workload of a partner. * is a whole value, or in a CN the "
                        "first label of a host name; \\* is the character. No other client of the trust store may have "
                        "a subject that it matches."),
          subject_field(SubjectField::san_dns, "etl-01.partner-corp.com", "Or: a dNSName of the certificate."),
          subject_field(SubjectField::san_uri, "spiffe://partner-corp.com/etl", "Or: a URI of the certificate."),
          subject_field(SubjectField::san_ip, "192.0.2.10", "Or: an IP address of the certificate."),
          subject_field(SubjectField::san_email, "etl@partner-corp.com", "Or: an rfc822Name of the certificate."),
          text<&ClientDraft::trust_store>("trust_store", "For tls_client_auth: the name of the client's trust store.",
                                          &check_store_name, R"([A-Za-z0-9._-]{1,64})")
              .live_sample("partner-corp"),
          node_field<&ClientDraft::certificates>("certificates", list_shape(make_shape(Kind::path)),
                                                 "For self_signed_tls_client_auth: PEM files of the client's "
                                                 "certificates. A renewed certificate is another one, "
                                                 "even with the same key.")
              .at_least_one()
              .sample("[clients/batch-01.crt]"),
          node_field<&ClientDraft::jwks>(
              "jwks", make_shape(Kind::jwk_set),
              "A JWK Set. For self_signed_tls_client_auth a key with x5c or x5t#S256 stands for that certificate, any "
              "other for every certificate with that key; for private_key_jwt they are the keys that sign assertions.")
              .sample("{keys: [{kty: EC, crv: P-256, x: ..., y: ...}]}"),
          jwks_uri_field(),
          public_keys_field(),
          assertion_algorithm_field(),
          secret_file_field(),
          grant_types_field(),
          text<&ClientDraft::scope>(
              "scope",
              "The scope tokens that the client may ask for, with blanks between them. Each is one that a "
              "resource of the client understands. Without it tokens carry no scope.",
              &check_scope, R"( *[!#-\[\]-~]+( +[!#-\[\]-~]+)* *)")
              .live_sample("orders.read orders.write"),
          resources_field(),
          certificate_bound_field(),
          certificate_binding_field(),
          dpop_bound_field(),
          sender_constraint_field(),
      },
      kClientRules};
  return rows;
}

}  // namespace certbound::config
