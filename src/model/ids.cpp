#include "model/ids.hpp"

#include <algorithm>
#include <unordered_set>

namespace certbound::model {

namespace {

constexpr std::size_t kMaximumClientIdLength = 255;
/// Up to here a repeated token is found by looking at those before it, which needs no memory of its own.
constexpr std::size_t kShortScope = 256;

bool is_scope_character(char c) { return c == 0x21 || (c >= 0x23 && c <= 0x5b) || (c >= 0x5d && c <= 0x7e); }

}  // namespace

std::optional<ClientId> ClientId::parse(std::string_view text) {
  if (text.empty() || text.size() > kMaximumClientIdLength) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; })) return std::nullopt;
  return ClientId{std::string{text}};
}

std::optional<Scope> Scope::parse(std::string_view text) {
  Scope scope;
  const bool is_short = text.size() <= kShortScope;
  std::unordered_set<std::string_view> seen;
  std::size_t start = 0;
  while (start < text.size()) {
    std::size_t end = text.find(' ', start);
    if (end == std::string_view::npos) end = text.size();
    const std::string_view token = text.substr(start, end - start);
    if (!std::all_of(token.begin(), token.end(), is_scope_character)) return std::nullopt;
    const bool is_new = !token.empty() && (is_short ? !scope.has(token) : seen.insert(token).second);
    if (is_new) scope.tokens_.emplace_back(token);
    start = end + 1;
  }
  return scope;
}

bool Scope::has(std::string_view token) const {
  return std::find(tokens_.begin(), tokens_.end(), token) != tokens_.end();
}

bool Scope::covers(const Scope& other) const {
  return std::all_of(other.tokens_.begin(), other.tokens_.end(),
                     [this](const std::string& token) { return has(token); });
}

void Scope::add(const std::string& token) {
  if (!has(token)) tokens_.push_back(token);
}

std::string Scope::text() const {
  std::string out;
  for (const std::string& token : tokens_) {
    if (!out.empty()) out.push_back(' ');
    out += token;
  }
  return out;
}

}  // namespace certbound::model
