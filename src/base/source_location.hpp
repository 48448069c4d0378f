#pragma once

namespace certbound {

/// A place in the source. std::source_location is missing for clang 14 with libstdc++ 12, and boost::source_location
/// would bring Boost into the installed library (docs/adr/0021).
class SourceLocation {
 public:
  /// The place of the call, also where the call is a default argument: then that of the outer call.
  [[nodiscard]] static constexpr SourceLocation current(const char* file = __builtin_FILE(),
                                                        unsigned line = __builtin_LINE()) noexcept {
    return SourceLocation{file, line};
  }

  [[nodiscard]] constexpr const char* file_name() const noexcept { return file_; }
  [[nodiscard]] constexpr unsigned line() const noexcept { return line_; }

 private:
  constexpr SourceLocation(const char* file, unsigned line) noexcept : file_{file}, line_{line} {}

  const char* file_;
  unsigned line_;
};

}  // namespace certbound
