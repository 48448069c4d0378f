#include "oauth/token_reader.hpp"

#include <utility>

#include "oauth/access_token.hpp"

namespace certbound::oauth {

TokenReader::TokenReader(std::shared_ptr<const Snapshot> snapshot, std::vector<jose::Jwk> keys)
    : snapshot_{std::move(snapshot)}, keys_{std::move(keys)} {}

Result<TokenReader> TokenReader::make(std::shared_ptr<const Snapshot> snapshot) {
  auto keys = parse_own_keys(snapshot->jwks);
  if (!keys) return std::move(keys).error();
  return TokenReader{std::move(snapshot), *std::move(keys)};
}

Result<std::shared_ptr<const Claims>> TokenReader::open(std::string_view token) {
  const crypto::Sha256 digest = crypto::sha256(token);
  if (const auto* known = known_.find(digest)) return *known;
  auto opened = open_access_token(token, *snapshot_, keys_);
  if (!opened) return std::move(opened).error();
  const auto claims = std::make_shared<const Claims>(*std::move(opened));
  known_.put(digest, claims);
  return claims;
}

}  // namespace certbound::oauth
