#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/reason.hpp"
#include "base/source_location.hpp"

namespace certbound {

/// The wire names of RFC 6749 section 5.2, RFC 8707 section 2 and RFC 9449 sections 5 and 8, spelled alike, and two of
/// our own for what is nobody's protocol error. `oauth/error_response.cpp` maps each to a status.
enum class ErrorCode {
  invalid_request,
  invalid_client,
  unauthorized_client,
  unsupported_grant_type,
  invalid_scope,
  invalid_target,
  invalid_dpop_proof,
  use_dpop_nonce,
  temporarily_unavailable,  ///< a bounded queue is full, a store is locked: 503, ask again
  server_error,             ///< our fault: 500
};

/// `invalid_client` and so on, as the wire spells it.
[[nodiscard]] std::string_view name(ErrorCode code);

/// Text that may reach the caller as `error_description`.
///
/// Made from string literals only, at compile time, with the characters that RFC 6749 section 5.2 permits, so that
/// request data, file names, SQL and OpenSSL text cannot get into a response.
class PublicText {
 public:
  PublicText() = default;

  template <std::size_t N>
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is the only thing that converts.
  consteval PublicText(const char (&literal)[N]) : text_{literal, N - 1} {
    for (const char c : text_) {
      const bool permitted = c >= 0x20 && c <= 0x7e && c != '"' && c != '\\';
      if (!permitted) throw "RFC 6749 section 5.2 permits %x20-21 / %x23-5B / %x5D-7E";
    }
  }

  [[nodiscard]] constexpr std::string_view view() const { return text_; }

 private:
  std::string_view text_;
};

/// Why something was refused or could not be done. A value: nothing that a client can cause is an exception.
struct Error {
  /// `text` may reach the caller; `reason`, `detail` and `where` go to the log and the audit record only.
  Error(ErrorCode error_code, Reason error_reason, PublicText public_text, std::string private_detail = {},
        SourceLocation location = SourceLocation::current())
      : code{error_code}, reason{error_reason}, text{public_text}, detail{std::move(private_detail)}, where{location} {}

  ErrorCode code;
  Reason reason;
  PublicText text;
  std::string detail;
  SourceLocation where;
};

/// A failure of ours: `server_error`, `Reason::internal`. `detail` says what; it is never sent.
[[nodiscard]] Error internal_error(std::string detail, SourceLocation where = SourceLocation::current());

/// A file, name, key or value given by the operator that does not hold: `invalid_request`, `Reason::invalid_input`.
/// `detail` is written for the operator; it is never sent.
[[nodiscard]] Error invalid_input(std::string detail, SourceLocation where = SourceLocation::current());

}  // namespace certbound
