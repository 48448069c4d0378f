#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/client.hpp"
#include "model/resource.hpp"

namespace certbound::oauth {

using Resources = std::map<std::string, model::Resource, std::less<>>;

/// The audience of a token: the resources asked for (RFC 8707 section 2), or the client's first where none is asked for
/// (RFC 9068 section 3). Errors: `invalid_target` with malformed_resource, resource_unknown, resource_not_allowed or
/// resource_missing.
[[nodiscard]] Result<std::vector<std::string>> select_audience(const std::vector<std::string>& asked,
                                                               const model::Client& client, const Resources& resources);

/// The scope of a token for `audience`: what was asked for, all of it, or, where nothing was, everything that the
/// client may have there. Errors: `invalid_scope` with malformed_scope, scope_not_allowed or scope_not_for_resource;
/// `detail` is the token at fault.
[[nodiscard]] Result<model::Scope> select_scope(std::string_view asked, const model::Client& client,
                                                const std::vector<std::string>& audience, const Resources& resources);

}  // namespace certbound::oauth
