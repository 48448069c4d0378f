#include "store/directory_client.hpp"

#include <string>

#include "base/text.hpp"

namespace certbound::store {

namespace {

Result<std::vector<crypto::Sha256>> parse_thumbprints(const std::vector<std::string>& texts) {
  std::vector<crypto::Sha256> digests;
  digests.reserve(texts.size());
  for (const std::string& text : texts) {
    const auto digest = crypto::Sha256::from_base64url(text);
    if (!digest) return invalid_input(json_quoted(text) + " is not the base64url of a SHA-256 (43 characters)");
    digests.push_back(*digest);
  }
  return digests;
}

}  // namespace

Result<DirectoryClient> make_directory_client(model::Client client) {
  DirectoryClient made{std::move(client)};
  if (made.client.subject) {
    auto rule = x509::SubjectRule::parse(*made.client.subject);
    if (!rule) return std::move(rule).error();
    made.subject = *std::move(rule);
  }
  auto certificates = parse_thumbprints(made.client.certificate_thumbprints);
  if (!certificates) return std::move(certificates).error();
  auto keys = parse_thumbprints(made.client.key_thumbprints);
  if (!keys) return std::move(keys).error();
  made.certificates = *std::move(certificates);
  made.keys = *std::move(keys);
  return made;
}

}  // namespace certbound::store
