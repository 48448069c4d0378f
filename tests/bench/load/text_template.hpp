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
};

/// A text with `{client_id}`, `{token}` or `{token_id}` in it, any number of times; other braces stay as they are.
class TextTemplate {
 public:
  explicit TextTemplate(std::string_view text);

  void append_to(std::string& out, const Values& values) const;

  [[nodiscard]] bool names_client() const { return names_client_; }
  [[nodiscard]] bool names_token() const { return names_token_; }

 private:
  using Member = std::string_view Values::*;

  /// A text, and what follows it; nothing does behind the last.
  struct Piece {
    std::string text;
    Member value = nullptr;
  };

  std::vector<Piece> pieces_;
  bool names_client_ = false;
  bool names_token_ = false;
};

}  // namespace certbound::load
