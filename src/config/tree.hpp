#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string_view>

#include "config/source.hpp"

namespace certbound::config {

enum class NodeKind : std::uint8_t {
  scalar,
  list,
  map,
  invalid,  ///< a problem was reported for it already: readers pass it by
};

struct Node;

/// The members of a list or map in the order of the file.
class NodeRange {
 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Node;
    using difference_type = std::ptrdiff_t;
    using pointer = const Node*;
    using reference = const Node&;

    explicit Iterator(const Node* node = nullptr) : node_{node} {}
    reference operator*() const { return *node_; }
    pointer operator->() const { return node_; }
    Iterator& operator++();
    bool operator==(const Iterator&) const = default;

   private:
    const Node* node_;
  };

  explicit NodeRange(const Node* first) : first_{first} {}
  [[nodiscard]] Iterator begin() const { return Iterator{first_}; }
  [[nodiscard]] Iterator end() const { return Iterator{}; }

 private:
  const Node* first_;
};

/// One value of a YAML document with its place. Owned by its Tree; a hundred thousand clients make a million of these,
/// so a node is plain memory in the tree's arena.
struct Node {
  NodeKind kind = NodeKind::scalar;
  bool quoted = false;      ///< a scalar in quotes or a block scalar: always text
  std::uint32_t count = 0;  ///< members of a list or map
  std::string_view text;    ///< a scalar's value as the file writes it, before ${NAME} is expanded
  std::string_view key;     ///< under which it stands in a map
  Mark key_start;
  Mark start;
  Mark end;
  const Node* first = nullptr;
  const Node* next = nullptr;

  [[nodiscard]] NodeRange children() const { return NodeRange{first}; }
  /// The first member of a map with that key, or null.
  [[nodiscard]] const Node* find(std::string_view name) const;
};

inline NodeRange::Iterator& NodeRange::Iterator::operator++() {
  node_ = node_->next;
  return *this;
}

/// A parsed document. Moving it leaves the nodes where they are.
class Tree {
 public:
  Tree(std::unique_ptr<std::pmr::monotonic_buffer_resource> arena, const Node& root)
      : arena_{std::move(arena)}, root_{&root} {}
  [[nodiscard]] const Node& root() const { return *root_; }

 private:
  std::unique_ptr<std::pmr::monotonic_buffer_resource> arena_;
  const Node* root_;
};

/// Reads one YAML document (JSON is YAML too) strictly: UTF-8, one document, no anchors, aliases, merge keys or tags,
/// no repeated key, nesting to 32, up to 16 MiB. Every fault goes to `report`. A tree comes back where reading went to
/// the end, even with faults in it, so that the faults of its values can be reported in the same run; else nothing.
[[nodiscard]] std::optional<Tree> parse_tree(const Source& source, Report& report);

}  // namespace certbound::config
