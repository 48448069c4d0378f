#pragma once

#include <cstddef>
#include <string_view>

namespace certbound::store::sqlite {

/// SQL that stood in the program's text. Nothing else converts, so that no input can become SQL: values are bound.
class Sql {
 public:
  template <std::size_t N>
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is the only thing that converts.
  consteval Sql(const char (&literal)[N]) : text_{literal, N - 1} {}

  /// Ends with NUL.
  [[nodiscard]] constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

}  // namespace certbound::store::sqlite
