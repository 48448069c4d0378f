#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/error.hpp"
#include "cli/verb.hpp"

namespace certbound::cli {

/// One text on stdout, as it is.
void print(std::string_view text);

/// One text on stderr, as it is. Where that fails nobody is left to hear of it.
void print_error(std::string_view text);

/// Flushes stdout. False where anything printed there was lost.
[[nodiscard]] bool finish_output();

/// One JSON value on stdout in ASCII, so that no text in it moves a terminal's cursor; indented, with a line feed.
void print_json(const nlohmann::ordered_json& value);

/// `certbound: detail` on stderr; the exit status that is passed comes back, so that a verb can end with it.
[[nodiscard]] ExitStatus fail(ExitStatus status, const Error& error);
[[nodiscard]] ExitStatus fail(ExitStatus status, std::string_view message);

/// Text of a stranger for a terminal: control characters escaped.
[[nodiscard]] std::string printable(std::string_view text);

/// `--config`, else $CERTBOUND_CONFIG, else /etc/certbound/certbound.yaml.
[[nodiscard]] std::filesystem::path configuration_path(const Arguments& arguments);

/// What a verb ends with where the configuration is not valid: could_not_run where its main file cannot be read at all,
/// else answer_is_no.
[[nodiscard]] ExitStatus status_of_invalid(const std::filesystem::path& configuration);

}  // namespace certbound::cli
