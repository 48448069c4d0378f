#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.hpp"
#include "config/options.hpp"

namespace certbound::config {

/// The longest secret of a client_secret_file, in characters.
inline constexpr std::size_t kLongestSecret = 512;
/// What a client_secret_file must hold at least, by what count_secret_bits() says.
inline constexpr double kLeastSecretBits = 128;

/// How many bits a secret of this length could hold if each character were drawn at random from the smallest of these
/// alphabets that has them all: digits (3.32 bits each), hexadecimal digits of one case (4), letters of one case and
/// digits (5.17), letters and digits (5.95), printable ASCII (6.5). What a person thought up holds less.
[[nodiscard]] double count_secret_bits(std::string_view secret);

/// The secret in the text of its file: one line, with or without a line feed at its end. Errors: `invalid_request`,
/// `detail` for the operator, without the text: several lines, no printable ASCII, blanks at an end, too long, too
/// short.
[[nodiscard]] Result<std::string_view> read_secret_line(std::string_view content);

/// The option of the top level.
[[nodiscard]] Field<Config> client_secrets_field();

/// What `draft` says of a secret: refuses a method of a secret where Config::client_secrets is off, the options of
/// other methods beside it, and a client_secret_file beside another method; sets client.declared_secret_sha256. A file
/// that others than its owner may read or change is a warning.
void read_client_secret(Reader& reader, const Node& node, const ClientDraft& draft, ClientSecrets policy,
                        model::Client& client);

}  // namespace certbound::config
