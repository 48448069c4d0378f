#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace certbound::x509 {

/// The first code point that is refused before any comparison (policy DN-19), if there is one: every control character,
/// and every code point that RFC 4518 section 2.2 would delete (soft hyphen, zero-width space, variation selectors, …).
/// Deleting them would make `a<NUL>b` equal to `ab`. `utf8` must be well-formed UTF-8.
[[nodiscard]] std::optional<std::uint32_t> find_refused_code_point(std::string_view utf8);

/// String preparation for caseIgnoreMatch (RFC 4518 section 2, RFC 4517 section 4.2.11): two values match if and only
/// if their prepared forms are equal octet by octet. Case folding is RFC 3454 table B.2, normalisation is NFKC of
/// Unicode 3.2.
///
/// Nothing where the comparison is Undefined: not UTF-8, a refused code point, one that is prohibited or not assigned
/// in Unicode 3.2, more than kMaximumPreparedCodePoints code points, or more than kMaximumCombiningMarks combining
/// marks in a row. Such a value equals nothing, not even itself.
///
/// ASCII takes about 50 ns and no library. Thread safe.
[[nodiscard]] std::optional<std::string> prepare_case_ignore(std::string_view utf8);

/// Bounds of text that is not ASCII: normalisation takes quadratic time in both.
inline constexpr std::size_t kMaximumPreparedCodePoints = 1024;
inline constexpr std::size_t kMaximumCombiningMarks = 30;  ///< as the Stream-Safe Text Format of UAX 15

/// Printable ASCII and blanks only, so that neither a refused nor a prohibited code point can be in it.
[[nodiscard]] bool is_printable_ascii(std::string_view text);

/// The code points of well-formed UTF-8, or nothing.
[[nodiscard]] std::optional<std::vector<std::uint32_t>> decode_utf8(std::string_view text);

/// Appends one code point, which must not be a surrogate nor above U+10FFFF.
void append_utf8(std::string& out, std::uint32_t code_point);

/// `U+00AD`.
[[nodiscard]] std::string code_point_name(std::uint32_t code_point);

}  // namespace certbound::x509
