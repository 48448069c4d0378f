#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace certbound::model {

/// A client identifier (RFC 6749 appendix A.1: %x20-7E), 1 to 255 characters. Exists only if it is well formed.
class ClientId {
 public:
  /// Nothing where `text` is empty, too long or holds another character.
  [[nodiscard]] static std::optional<ClientId> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool operator==(const ClientId&) const = default;

 private:
  explicit ClientId(std::string text) : text_{std::move(text)} {}
  std::string text_;
};

/// A set of scope tokens (RFC 6749 section 3.3) in the order given, each once. Case-sensitive.
class Scope {
 public:
  Scope() = default;

  /// Space-delimited tokens; nothing where a token holds a character outside %x21 / %x23-5B / %x5D-7E. Several blanks
  /// and repeated tokens are forgiven; an empty text is the empty scope. The time is linear in the text, which a client
  /// chooses.
  [[nodiscard]] static std::optional<Scope> parse(std::string_view text);

  [[nodiscard]] const std::vector<std::string>& tokens() const { return tokens_; }
  [[nodiscard]] bool is_empty() const { return tokens_.empty(); }
  [[nodiscard]] bool has(std::string_view token) const;
  /// Every token of `other` is one of ours.
  [[nodiscard]] bool covers(const Scope& other) const;
  /// Adds the token if it is not there. `token` must come from a Scope.
  void add(const std::string& token);
  /// Tokens joined by one blank, as the wire carries them.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool operator==(const Scope&) const = default;

 private:
  std::vector<std::string> tokens_;
};

}  // namespace certbound::model
