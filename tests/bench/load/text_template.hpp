#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace certbound::load {

/// What stands for the placeholders of one request.
struct Values {
  std::string_view client_id;
  std::string_view token;
  std::string_view token_id;
  std::string_view assertion;
  std::string_view proof;
};

/// A text with placeholders in it, the names of Values in braces, any number of times; other braces stay as they are.
class TextTemplate {
 public:
  using Member = std::string_view Values::*;

  explicit TextTemplate(std::string_view text);

  void append_to(std::string& out, const Values& values) const;

  /// Does one of the placeholders stand for it?
  [[nodiscard]] bool names(Member value) const;

 private:
  /// A text, and what follows it; nothing does behind the last.
  struct Piece {
    std::string text;
    Member value = nullptr;
  };

  std::vector<Piece> pieces_;
};

}  // namespace certbound::load
