#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "crypto/digest.hpp"
#include "model/client.hpp"

namespace certbound::store {

/// The longest metadata that is stored: a few thousand registered certificates.
inline constexpr std::size_t kMaximumMetadataBytes = 1UL << 20;

/// What a row holds of a client besides its id and its origin.
struct ClientMetadata {
  std::string
      json;  ///< an object with the member names of RFC 7591 section 2 and RFC 8705 sections 2.1.2 and 3.4, and ours
  crypto::Sha256 digest;  ///< of `json`
};

/// Equal clients give equal text. Errors: `invalid_request`, `detail` names the client and the member that is not
/// UTF-8, or says that it is too long.
[[nodiscard]] Result<ClientMetadata> render_client_metadata(const model::Client& client);

/// The columns of a row.
struct ClientRow {
  std::string_view client_id;
  std::string_view source;
  std::string_view place;
  std::string_view metadata;
  ByteView metadata_sha256;
};

/// The client that the row holds. Strict: a member that is unknown, missing or of another type, and a digest that does
/// not fit, are errors. Nothing is ignored, since what is ignored might restrict the client. Errors: `server_error`,
/// `detail` names the client and the fault.
[[nodiscard]] Result<model::Client> parse_client_row(const ClientRow& row);

}  // namespace certbound::store
