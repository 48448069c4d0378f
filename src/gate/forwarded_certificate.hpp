#pragma once

#include <string_view>

#include "certbound/presented_certificate.hpp"
#include "gate/options.hpp"
#include "http/request.hpp"

namespace certbound::gate {

/// The certificate in the header `name` (lower case) of a proxy's request. None where the header is absent or empty.
/// Malformed where it stands twice, stands beside a name that differs from it in `_` for `-` alone (some servers take
/// the two for one, so a client may have sent the other), or is not one certificate in that format. The caller answers
/// for whose request it is: on its own the header says nothing.
[[nodiscard]] PresentedCertificate read_forwarded_certificate(const http::Request& request, std::string_view name,
                                                              CertificateFormat format);

}  // namespace certbound::gate
