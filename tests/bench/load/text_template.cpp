#include "text_template.hpp"

#include <algorithm>
#include <array>

namespace certbound::load {

namespace {

struct Placeholder {
  std::string_view text;
  std::string_view Values::*value;
};
constexpr std::array<Placeholder, 5> kPlaceholders{{{"{client_id}", &Values::client_id},
                                                    {"{token}", &Values::token},
                                                    {"{token_id}", &Values::token_id},
                                                    {"{assertion}", &Values::assertion},
                                                    {"{proof}", &Values::proof}}};

}  // namespace

TextTemplate::TextTemplate(std::string_view text) {
  std::size_t brace = 0;
  while ((brace = text.find('{', brace)) != std::string_view::npos) {
    const auto found = std::find_if(kPlaceholders.begin(), kPlaceholders.end(), [&](const Placeholder& placeholder) {
      return text.substr(brace).starts_with(placeholder.text);
    });
    if (found == kPlaceholders.end()) {
      ++brace;
      continue;
    }
    pieces_.push_back({std::string{text.substr(0, brace)}, found->value});
    text.remove_prefix(brace + found->text.size());
    brace = 0;
  }
  pieces_.push_back({std::string{text}, nullptr});
}

bool TextTemplate::names(Member value) const {
  return std::any_of(pieces_.begin(), pieces_.end(), [&](const Piece& piece) { return piece.value == value; });
}

void TextTemplate::append_to(std::string& out, const Values& values) const {
  for (const Piece& piece : pieces_) {
    out += piece.text;
    if (piece.value != nullptr) out += values.*piece.value;
  }
}

}  // namespace certbound::load
