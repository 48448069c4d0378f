#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/section.hpp"

// Makers of rows: one for each kind of option. The default that the documents show is that of the struct.

namespace certbound::config {

/// The class and the type of a member pointer.
template <typename Pointer>
struct MemberTraits;
template <typename T, typename V>
struct MemberTraits<V T::*> {
  using Owner = T;
  using Value = V;
};
template <auto Member>
using OwnerOf = typename MemberTraits<decltype(Member)>::Owner;
template <auto Member>
using ValueOf = typename MemberTraits<decltype(Member)>::Value;

/// What is wrong with a text and what to write, to be read after the quoted text; empty where it holds.
using Check = std::string (*)(std::string_view text);

inline std::string accept_any(std::string_view /*text*/) { return {}; }

[[nodiscard]] inline Option make_option(std::string_view key, Shape shape, std::string_view comment,
                                        std::string fallback = {}) {
  return Option{key, std::move(shape), comment,         std::move(fallback),
                {},  Need::optional,   Home::main_file, Example::commented};
}

[[nodiscard]] inline Shape make_shape(Kind kind, Range range = Range{}) {
  Shape shape;
  shape.kind = kind;
  shape.range = range;
  return shape;
}

[[nodiscard]] inline Shape text_shape(std::string_view pattern) {
  Shape shape;
  shape.pattern = pattern;
  return shape;
}

[[nodiscard]] inline Shape choice_shape(std::vector<std::string_view> choices) {
  Shape shape = make_shape(Kind::choice);
  shape.choices = std::move(choices);
  return shape;
}

[[nodiscard]] inline Shape list_shape(Shape element) {
  Shape shape = make_shape(Kind::list);
  shape.element.push_back(std::move(element));
  return shape;
}

[[nodiscard]] inline Shape members_shape(Kind kind, const Table& members) {
  Shape shape = make_shape(kind);
  shape.members = &members;
  return shape;
}

/// Text that passes `check`; nothing where it does not.
[[nodiscard]] inline std::optional<std::string> read_checked_text(Reader& reader, const Node& node, Check check) {
  auto text = reader.read_text(node);
  if (!text) return std::nullopt;
  if (const std::string complaint = check(*text); !complaint.empty()) {
    reader.complain(node, in_quotes(node.text) + " " + complaint);
    return std::nullopt;
  }
  return text;
}

template <auto Member>
Field<OwnerOf<Member>> text(std::string_view key, std::string_view comment, Check check = &accept_any,
                            std::string_view pattern = {}) {
  using Owner = OwnerOf<Member>;
  return {make_option(key, text_shape(pattern), comment, Owner{}.*Member),
          [check](Reader& reader, const Node& node, Owner& object) {
            // Refused text leaves nothing, not the default, for the checks that follow.
            object.*Member = read_checked_text(reader, node, check).value_or(std::string{});
          }};
}

template <auto Member>
Field<OwnerOf<Member>> boolean(std::string_view key, std::string_view comment) {
  using Owner = OwnerOf<Member>;
  return {make_option(key, make_shape(Kind::boolean), comment, Owner{}.*Member ? "true" : "false"),
          [](Reader& reader, const Node& node, Owner& object) {
            if (const auto value = reader.read_boolean(node)) object.*Member = *value;
          }};
}

template <auto Member>
Field<OwnerOf<Member>> integer(std::string_view key, Range range, std::string_view comment) {
  using Owner = OwnerOf<Member>;
  return {make_option(key, make_shape(Kind::integer, range), comment, std::to_string(Owner{}.*Member)),
          [range](Reader& reader, const Node& node, Owner& object) {
            const auto value = reader.read_integer(node, range);
            if (value) object.*Member = static_cast<ValueOf<Member>>(*value);
          }};
}

template <auto Member>
Field<OwnerOf<Member>> size(std::string_view key, Range range, std::string_view comment) {
  using Owner = OwnerOf<Member>;
  return {
      make_option(key, make_shape(Kind::size, range), comment, render_size(static_cast<std::int64_t>(Owner{}.*Member))),
      [range](Reader& reader, const Node& node, Owner& object) {
        const auto value = reader.read_size(node, range);
        if (value) object.*Member = static_cast<ValueOf<Member>>(*value);
      }};
}

template <auto Member>
Field<OwnerOf<Member>> duration(std::string_view key, Range seconds, std::string_view comment) {
  using Owner = OwnerOf<Member>;
  return {make_option(key, make_shape(Kind::duration, seconds), comment, render_duration((Owner{}.*Member).count())),
          [seconds](Reader& reader, const Node& node, Owner& object) {
            if (const auto value = reader.read_duration(node, seconds)) object.*Member = *value;
          }};
}

/// Resolved from the file's directory.
template <auto Member>
Field<OwnerOf<Member>> path(std::string_view key, std::string_view comment) {
  using Owner = OwnerOf<Member>;
  return {make_option(key, make_shape(Kind::path), comment, (Owner{}.*Member).string()),
          [](Reader& reader, const Node& node, Owner& object) {
            if (auto value = reader.read_path(node)) object.*Member = std::move(*value);
          }};
}

template <auto Member>
Field<OwnerOf<Member>> paths(std::string_view key, std::string_view comment) {
  using Owner = OwnerOf<Member>;
  return {make_option(key, list_shape(make_shape(Kind::path)), comment),
          [](Reader& reader, const Node& node, Owner& object) {
            read_each(reader, node, [&](const Node& member) {
              if (auto value = reader.read_path(member)) (object.*Member).push_back(std::move(*value));
            });
          }};
}

/// The spellings of an enumeration, in the order of the documentation.
template <typename E>
using Spellings = std::vector<std::pair<std::string_view, E>>;

template <typename T>
struct RemoveOptional {
  using Type = T;
};
template <typename T>
struct RemoveOptional<std::optional<T>> {
  using Type = T;
};

template <auto Member>
Field<OwnerOf<Member>> choice(std::string_view key, Spellings<typename RemoveOptional<ValueOf<Member>>::Type> spellings,
                              std::string_view comment) {
  using Owner = OwnerOf<Member>;
  const Owner defaults{};
  std::string fallback;
  std::vector<std::string_view> names;
  for (const auto& [spelling, value] : spellings) {
    names.push_back(spelling);
    if (defaults.*Member == value) fallback = spelling;
  }
  return {make_option(key, choice_shape(names), comment, fallback),
          [names, spellings](Reader& reader, const Node& node, Owner& object) {
            if (const auto index = reader.read_choice(node, names)) object.*Member = spellings[*index].second;
          }};
}

template <auto Member>
Field<OwnerOf<Member>> section(std::string_view key, const Section<ValueOf<Member>>& members,
                               std::string_view comment) {
  using Owner = OwnerOf<Member>;
  return {make_option(key, members_shape(Kind::section, members.table()), comment),
          [&members](Reader& reader, const Node& node, Owner& object) { members.read(reader, node, object.*Member); }};
}

/// A row whose value is stored in the member of a struct within the section's.
template <auto Member>
Field<OwnerOf<Member>> nested(Field<ValueOf<Member>> field) {
  using Owner = OwnerOf<Member>;
  return {std::move(field.option), [store = std::move(field.store)](Reader& reader, const Node& node, Owner& object) {
            store(reader, node, object.*Member);
          }};
}

/// A list of sections; what several files hold is appended.
template <auto Member>
Field<OwnerOf<Member>> sections(std::string_view key, const Section<typename ValueOf<Member>::value_type>& members,
                                std::string_view comment) {
  using Owner = OwnerOf<Member>;
  return {make_option(key, list_shape(members_shape(Kind::section, members.table())), comment),
          [&members](Reader& reader, const Node& node, Owner& object) {
            read_each(reader, node, [&](const Node& member) {
              typename ValueOf<Member>::value_type value{};
              members.read(reader, member, value);
              (object.*Member).push_back(std::move(value));
            });
          }};
}

}  // namespace certbound::config
