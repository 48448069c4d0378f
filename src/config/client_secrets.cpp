#include "config/client_secrets.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "config/assertion_keys.hpp"
#include "config/fields.hpp"
#include "config/jwk_set_reader.hpp"
#include "config/named_file.hpp"
#include "crypto/digest.hpp"

namespace certbound::config {

namespace {

constexpr std::string_view kMethodKey = "token_endpoint_auth_method";
constexpr std::string_view kSecretFileKey = "client_secret_file";
constexpr unsigned kOfOthers = 077;

struct Alphabet {
  std::string_view characters;
  double bits;
};

constexpr Alphabet kAlphabets[] = {
    {"0123456789", 3.32},
    {"0123456789abcdef", 4},
    {"0123456789ABCDEF", 4},
    {"0123456789abcdefghijklmnopqrstuvwxyz", 5.17},
    {"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 5.17},
    {"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 5.95},
};
constexpr double kPrintableBits = 6.5;

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

void warn_of_others(Reader& reader, const Node& file, const std::filesystem::path& path) {
  const auto mode = reader.session().surroundings.find_mode(path);
  if (!mode || (*mode & kOfOthers) == 0) return;
  reader.complain(file, path.string() + ": others than its owner may read or change this secret; run chmod 600 on it",
                  Severity::warning);
}

void read_secret_file(Reader& reader, const Node& file, model::Client& client) {
  const Reader::Step step{reader, kSecretFileKey};
  const auto named = read_named_file(reader, file);
  if (!named) return;
  const auto secret = read_secret_line(named->content);
  if (!secret) {
    reader.complain(file, named->path.string() + ": " + secret.error().detail);
    return;
  }
  client.declared_secret_sha256 = crypto::sha256(*secret).to_base64url();
  warn_of_others(reader, file, named->path);
}

}  // namespace

double count_secret_bits(std::string_view secret) {
  const auto holds_all = [secret](const Alphabet& alphabet) {
    return secret.find_first_not_of(alphabet.characters) == std::string_view::npos;
  };
  const auto* const found = std::find_if(std::begin(kAlphabets), std::end(kAlphabets), holds_all);
  const double bits = found == std::end(kAlphabets) ? kPrintableBits : found->bits;
  return bits * static_cast<double>(secret.size());
}

Result<std::string_view> read_secret_line(std::string_view content) {
  if (content.ends_with('\n')) content.remove_suffix(1);
  if (content.ends_with('\r')) content.remove_suffix(1);
  if (content.empty()) return invalid_input("is empty; it holds the secret, in one line");
  if (content.find('\n') != std::string_view::npos) {
    return invalid_input("holds several lines; a secret is one, with nothing beside it");
  }
  if (!is_printable(content)) {
    return invalid_input(
        "holds another character than printable ASCII, which no client can send (RFC 6749 appendix A.2)");
  }
  if (content.front() == ' ' || content.back() == ' ') {
    return invalid_input("begins or ends with a blank; remove it");
  }
  if (content.size() > kLongestSecret) {
    return invalid_input("longer than " + std::to_string(kLongestSecret) + " characters");
  }
  const double bits = count_secret_bits(content);
  if (bits < kLeastSecretBits) {
    return invalid_input("too short: a random secret of " + std::to_string(content.size()) + " such characters has " +
                         std::to_string(static_cast<int>(bits)) +
                         " bits, and 128 are needed; certbound client secret new makes one of 256");
  }
  return content;
}

Field<Config> client_secrets_field() {
  return choice<&Config::client_secrets>("client_secrets",
                                         {{"off", ClientSecrets::off}, {"allowed", ClientSecrets::allowed}},
                                         "Whether clients may authenticate by a shared secret (client_secret_basic, "
                                         "client_secret_post): to migrate from, as docs/OPERATIONS.md says. off: such "
                                         "a client is an error.")
      .sample("\"off\"");  // in quotes, since YAML 1.1 takes it for a boolean
}

void read_client_secret(Reader& reader, const Node& node, const ClientDraft& draft, ClientSecrets policy,
                        model::Client& client) {
  if (!draft.method) return;  // reported where it was read
  const std::string_view method = model::name(*draft.method);
  if (!model::is_secret_method(*draft.method)) {
    refuse_option(reader, node, kSecretFileKey, method);
    return;
  }
  if (policy == ClientSecrets::off) {
    reader.complain_of(kMethodKey, *node.find(kMethodKey),
                       "secrets are off; register a certificate (tls_client_auth or self_signed_tls_client_auth), or, "
                       "for a client that cannot have one yet, write client_secrets: allowed at the top level of the "
                       "main file");
  }
  refuse_assertion_options(reader, node, method);
  for (const model::SubjectField field : model::kSubjectFields) {
    refuse_option(reader, node, model::name(field), method);
  }
  for (const std::string_view key : {"trust_store", "certificates", "jwks", "jwks_uri"}) {
    refuse_option(reader, node, key, method);
  }
  if (draft.client_secret_file != nullptr) read_secret_file(reader, *draft.client_secret_file, client);
}

}  // namespace certbound::config
