#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cli/verb.hpp"

namespace certbound::cli {

inline constexpr ArgumentSpec kTokenArgument{"TOKEN", ArgumentKind::positional,
                                             "the token, or - to read it from standard input", true};
inline constexpr ArgumentSpec kJwksCaArgument{
    "--jwks-ca", ArgumentKind::value, "PEM: the CAs to verify the server of a URL with; else the system's", false};

/// What stands on standard input, at most 1 MiB of it, without the line feeds and blanks at its end. No token is as
/// long, so what was cut off is refused all the same.
[[nodiscard]] std::string read_standard_input();

/// `argument`, or standard input where it is `-`, so that a token need not stand in the list of processes.
[[nodiscard]] std::string read_token(const std::string& argument);

/// What stands at the place that the option `option` names, at most 8 MiB: in a file, or what an https URL answers,
/// verified with --jwks-ca. Whoever typed the host may have it asked at a private address too. Errors:
/// `invalid_request`, `detail` names file or host.
[[nodiscard]] Result<std::string> load_document(const Arguments& arguments, const std::string& option);

}  // namespace certbound::cli
