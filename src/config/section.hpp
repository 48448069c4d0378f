#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/option.hpp"
#include "config/reader.hpp"

namespace certbound::config {

/// Stores the value of `node` in `object`, or reports what is wrong with it.
template <typename T>
using Store = std::function<void(Reader& reader, const Node& node, T& object)>;

/// One row of a section: what the option is, and where its value goes.
template <typename T>
struct Field {
  Option option;
  Store<T> store;

  [[nodiscard]] Field required() && {
    option.need = Need::required;
    option.fallback.clear();
    return std::move(*this);
  }
  [[nodiscard]] Field in_any_file() && {
    option.home = Home::any_file;
    return std::move(*this);
  }
  /// The value that the example shows.
  [[nodiscard]] Field sample(std::string_view text) && {
    option.sample = text;
    return std::move(*this);
  }
  /// The same, and not commented out there.
  [[nodiscard]] Field live_sample(std::string_view text) && {
    option.sample = text;
    option.example = Example::live;
    return std::move(*this);
  }
  [[nodiscard]] Field at_least_one() && {
    option.shape.minimum_count = 1;
    return std::move(*this);
  }
};

/// The rows of a section whose values are stored in a T: the reader, the schema, the reference and the example come
/// from these.
template <typename T>
class Section {
 public:
  Section(std::string_view name, std::initializer_list<Field<T>> fields, std::string_view rules = {}) {
    table_.name = name;
    table_.rules = rules;
    for (const Field<T>& field : fields) {
      table_.options.push_back(field.option);
      stores_.push_back(field.store);
    }
  }

  [[nodiscard]] const Table& table() const { return table_; }

  /// The rows that may stand in any file, none of them required.
  [[nodiscard]] Section for_included_files() const {
    Section out{table_.name, {}};
    out.table_.main_file = &table_;
    for (std::size_t i = 0; i < stores_.size(); ++i) {
      if (table_.options[i].home != Home::any_file) continue;
      out.table_.options.push_back(table_.options[i]);
      out.table_.options.back().need = Need::optional;
      out.stores_.push_back(stores_[i]);
    }
    return out;
  }

  /// Reads the map `node` into `object`; reports every problem in it.
  void read(Reader& reader, const Node& node, T& object) const {
    if (!reader.expect_map(node)) return;
    for (const Node& member : node.children()) {
      if (member.kind == NodeKind::invalid) continue;
      const auto index = find_option(table_, member.key);
      if (!index) {
        reader.refuse_unknown(table_, member);
        continue;
      }
      const Reader::Step step{reader, member.key};
      reader.record_place(member);
      if (member.kind == NodeKind::list && member.count < table_.options[*index].shape.minimum_count) {
        reader.complain(member, "is empty; write at least one");
      }
      stores_[*index](reader, member, object);
    }
    reader.refuse_missing(table_, node);
  }

 private:
  Table table_;
  std::vector<Store<T>> stores_;
};

/// Calls `read(member)` for each member of a list under its step of the path.
template <typename Read>
void read_each(Reader& reader, const Node& node, const Read& read) {
  if (!reader.expect_list(node)) return;
  int index = 0;
  for (const Node& member : node.children()) {
    const Reader::Step step{reader, index++, {}};
    reader.record_place(member);
    read(member);
  }
}

}  // namespace certbound::config
