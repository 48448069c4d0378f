#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/options.hpp"

namespace certbound::config {

/// What a certificate may have that makes it a client's.
struct Credential {
  enum class Kind {
    subject,             ///< the registered subject, from the client's trust store
    subject_pattern,     ///< one of many subjects, from there
    certificate,         ///< itself: x5t#S256
    key,                 ///< that public key: RFC 7638 thumbprint
    key_of_certificate,  ///< the key of a registered certificate
    issued_certificate,  ///< a registered certificate that some CA issued: its DER, so that a trust store may accept it
  };
  Kind kind = Kind::subject;
  std::string value;
};

/// How the client proves who it is: fills in the members of `client` for its method from `draft`, and reports what is
/// missing, too much or damaged; a certificate that is not valid now or will not be for long is a warning. What comes
/// back says by which certificates the client can be authenticated.
[[nodiscard]] std::vector<Credential> read_credentials(Reader& reader, const Node& node, const ClientDraft& draft,
                                                       const std::vector<std::string_view>& trust_stores,
                                                       model::Client& client);

}  // namespace certbound::config
