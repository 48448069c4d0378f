#include "config/tree.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <yaml.h>

#include "base/text.hpp"

namespace certbound::config {

namespace {

constexpr std::size_t kMostOctets = 16UL << 20;
constexpr std::size_t kMostLevels = 32;
/// Maps up to this size are searched for a repeated key one by one; larger ones by a hash.
constexpr std::uint32_t kSmallMap = 16;

Mark to_mark(const yaml_mark_t& mark) {
  return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

std::string_view view(const yaml_char_t* text, std::size_t length) {
  return {reinterpret_cast<const char*>(text), length};
}

/// libyaml's parser over a text.
class EventParser {
 public:
  explicit EventParser(std::string_view text) {
    if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc{};
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  EventParser(const EventParser&) = delete;
  EventParser& operator=(const EventParser&) = delete;
  ~EventParser() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }

  /// The next event, valid until the next call, or null after a fault.
  [[nodiscard]] const yaml_event_t* next() {
    yaml_event_delete(&event_);
    return yaml_parser_parse(&parser_, &event_) != 0 ? &event_ : nullptr;
  }
  [[nodiscard]] const yaml_parser_t& state() const { return parser_; }

 private:
  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

/// A list or map that is being filled.
struct Frame {
  Node* node = nullptr;
  Node* last = nullptr;
  bool is_map = false;
  bool has_key = false;
  bool skips_value = false;  ///< the key was refused: its value is passed by
  std::string_view key;
  Mark key_start;
  std::unordered_map<std::string_view, Mark> names;  ///< filled from kSmallMap members on
};

class TreeBuilder {
 public:
  TreeBuilder(const Source& source, Report& report)
      : source_{source}, report_{report}, arena_{std::make_unique<std::pmr::monotonic_buffer_resource>()} {}

  std::optional<Tree> build();

 private:
  enum class Step : std::uint8_t { go_on, stop, done };

  Step take(const yaml_event_t& event);
  Step take_scalar(const yaml_event_t& event);
  Step open(const yaml_event_t& event, NodeKind kind);
  void close(const yaml_event_t& event);
  Step start_document(const yaml_event_t& event);
  void check_properties(const yaml_event_t& event, const yaml_char_t* anchor, const yaml_char_t* tag);
  bool take_key(const yaml_event_t& event);
  const Mark* find_name(Frame& frame, std::string_view key);
  Node& attach(const yaml_event_t& event, NodeKind kind);
  std::string_view keep(std::string_view text);
  void report_fault(const yaml_parser_t& parser);
  void complain(const yaml_event_t& event, std::string message) { complain(event, path(), std::move(message)); }
  void complain(const yaml_event_t& event, std::string key, std::string message) {
    report_.add(source_, to_mark(event.start_mark), to_mark(event.end_mark), std::move(key), std::move(message));
  }
  [[nodiscard]] std::string path() const;
  [[nodiscard]] bool wants_key() const { return !frames_.empty() && frames_.back().is_map && !frames_.back().has_key; }

  const Source& source_;
  Report& report_;
  std::unique_ptr<std::pmr::monotonic_buffer_resource> arena_;
  std::vector<Frame> frames_;
  const Node* root_ = nullptr;
};

std::optional<Tree> TreeBuilder::build() {
  EventParser parser{source_.text()};
  for (;;) {
    const yaml_event_t* event = parser.next();
    if (event == nullptr) {
      report_fault(parser.state());
      return std::nullopt;
    }
    const Step step = take(*event);
    if (step == Step::stop) return std::nullopt;
    if (step == Step::done) break;
  }
  if (root_ == nullptr) {
    report_.add(source_, {}, {}, {}, "the file holds nothing; write at least one option");
    return std::nullopt;
  }
  return Tree{std::move(arena_), *root_};
}

TreeBuilder::Step TreeBuilder::take(const yaml_event_t& event) {
  switch (event.type) {
    case YAML_DOCUMENT_START_EVENT:
      return start_document(event);
    case YAML_SCALAR_EVENT:
      return take_scalar(event);
    case YAML_SEQUENCE_START_EVENT:
      check_properties(event, event.data.sequence_start.anchor, event.data.sequence_start.tag);
      return open(event, NodeKind::list);
    case YAML_MAPPING_START_EVENT:
      check_properties(event, event.data.mapping_start.anchor, event.data.mapping_start.tag);
      return open(event, NodeKind::map);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
      close(event);
      return Step::go_on;
    case YAML_ALIAS_EVENT:
      complain(event, "aliases (*name) are not read; write the value out");
      if (wants_key()) return Step::stop;
      attach(event, NodeKind::invalid);
      return Step::go_on;
    case YAML_STREAM_END_EVENT:
      return Step::done;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
      return Step::go_on;
  }
  return Step::go_on;
}

TreeBuilder::Step TreeBuilder::start_document(const yaml_event_t& event) {
  if (root_ == nullptr) return Step::go_on;
  complain(event, "a second document starts here; a configuration file holds one, remove the line or split the file");
  return Step::stop;
}

TreeBuilder::Step TreeBuilder::take_scalar(const yaml_event_t& event) {
  check_properties(event, event.data.scalar.anchor, event.data.scalar.tag);
  if (wants_key()) return take_key(event) ? Step::go_on : Step::stop;
  Node& node = attach(event, NodeKind::scalar);
  node.text = keep(view(event.data.scalar.value, event.data.scalar.length));
  node.quoted = event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
  return Step::go_on;
}

TreeBuilder::Step TreeBuilder::open(const yaml_event_t& event, NodeKind kind) {
  if (wants_key()) {
    complain(event, "a list or map cannot be a key; write text");
    return Step::stop;
  }
  if (frames_.size() >= kMostLevels) {
    complain(event, "nested deeper than " + std::to_string(kMostLevels) + " levels");
    return Step::stop;
  }
  Frame frame;
  frame.node = &attach(event, kind);
  frame.is_map = kind == NodeKind::map;
  frames_.push_back(std::move(frame));
  return Step::go_on;
}

void TreeBuilder::close(const yaml_event_t& event) {
  frames_.back().node->end = to_mark(event.end_mark);
  frames_.pop_back();
}

void TreeBuilder::check_properties(const yaml_event_t& event, const yaml_char_t* anchor, const yaml_char_t* tag) {
  if (anchor != nullptr) complain(event, "anchors (&name) are not read; write the value out where it is needed");
  if (tag != nullptr) complain(event, "tags (!name) are not read; remove the tag");
}

bool TreeBuilder::take_key(const yaml_event_t& event) {
  Frame& frame = frames_.back();
  const std::string_view text = view(event.data.scalar.value, event.data.scalar.length);
  if (text.empty()) {
    complain(event, "a key is empty; write its name before the colon");
    return false;
  }
  frame.key = keep(text);
  frame.key_start = to_mark(event.start_mark);
  frame.has_key = true;
  if (text == "<<" && event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
    complain(event, "merge keys are not read; write the members out");
    frame.skips_value = true;
  } else if (const Mark* first = find_name(frame, frame.key)) {
    complain(event, "stands twice; the first is in line " + std::to_string(first->line) + ", remove one");
    frame.skips_value = true;
  }
  return true;
}

const Mark* TreeBuilder::find_name(Frame& frame, std::string_view key) {
  if (frame.node->count < kSmallMap) {
    const Node* found = frame.node->find(key);
    return found != nullptr ? &found->key_start : nullptr;
  }
  if (frame.names.empty()) {
    for (const Node& member : frame.node->children()) frame.names.emplace(member.key, member.key_start);
  }
  const auto [entry, is_new] = frame.names.emplace(key, frame.key_start);
  return is_new ? nullptr : &entry->second;
}

Node& TreeBuilder::attach(const yaml_event_t& event, NodeKind kind) {
  void* memory = arena_->allocate(sizeof(Node), alignof(Node));
  Node& node = *::new (memory) Node{};
  node.kind = kind;
  node.start = to_mark(event.start_mark);
  node.end = to_mark(event.end_mark);
  if (frames_.empty()) {
    root_ = &node;
    return node;
  }
  Frame& frame = frames_.back();
  if (frame.is_map) {
    node.key = frame.key;
    node.key_start = frame.key_start;
    if (frame.skips_value) node.kind = NodeKind::invalid;
    frame.has_key = false;
    frame.skips_value = false;
  }
  (frame.last != nullptr ? frame.last->next : frame.node->first) = &node;
  frame.last = &node;
  ++frame.node->count;
  return node;
}

std::string_view TreeBuilder::keep(std::string_view text) {
  if (text.empty()) return {};
  char* memory = static_cast<char*>(arena_->allocate(text.size(), 1));
  std::memcpy(memory, text.data(), text.size());
  return {memory, text.size()};
}

std::string TreeBuilder::path() const {
  std::string out;
  for (const Frame& frame : frames_) {
    const bool is_innermost = &frame == &frames_.back();
    if (!frame.is_map) {
      // A member that is open is counted already.
      out += "[" + std::to_string(is_innermost ? frame.node->count : frame.node->count - 1) + "]";
    } else if (!is_innermost || frame.has_key) {
      if (!out.empty()) out.push_back('.');
      out += frame.key;
    }
  }
  return out;
}

void TreeBuilder::report_fault(const yaml_parser_t& parser) {
  if (parser.error == YAML_MEMORY_ERROR) throw std::bad_alloc{};
  std::string message = "not YAML: ";
  message += parser.problem != nullptr ? parser.problem : "the text cannot be read";
  if (parser.context != nullptr) {
    message += std::string{" ("} + parser.context + " that began in line " +
               std::to_string(parser.context_mark.line + 1) + ")";
  }
  // The reader of characters knows an offset only, the scanner and the parser a mark.
  const Mark mark =
      parser.error == YAML_READER_ERROR ? mark_at(source_.text(), parser.problem_offset) : to_mark(parser.problem_mark);
  report_.add(source_, mark, mark, {}, message + "; look at the indentation, quotes and brackets here and above");
}

/// The first line that is not UTF-8.
Mark find_bad_utf8(std::string_view text) {
  Mark mark;
  for (std::size_t start = 0; start < text.size(); ++mark.line) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    if (!is_utf8(text.substr(start, end - start))) break;
    start = end + 1;
  }
  return mark;
}

/// What libyaml should not even see.
bool check_octets(const Source& source, Report& report) {
  const std::string& text = source.text();
  const auto complain = [&](Mark mark, std::string message) {
    report.add(source, mark, mark, {}, std::move(message));
    return false;
  };
  if (text.size() > kMostOctets) return complain({}, "larger than 16 MiB; split it with include");
  const std::size_t nul = text.find('\0');
  if (nul != std::string::npos) {
    return complain(mark_at(text, nul), "holds a NUL octet; is it a text file, written as UTF-8?");
  }
  if (!is_utf8(text)) return complain(find_bad_utf8(text), "this line is not UTF-8; save the file as UTF-8");
  return true;
}

}  // namespace

const Node* Node::find(std::string_view name) const {
  for (const Node& child : children()) {
    if (child.key == name) return &child;
  }
  return nullptr;
}

std::optional<Tree> parse_tree(const Source& source, Report& report) {
  if (!check_octets(source, report)) return std::nullopt;
  return TreeBuilder{source, report}.build();
}

}  // namespace certbound::config
