#include "config/load.hpp"

#include <deque>
#include <memory>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "config/check.hpp"
#include "config/client_reader.hpp"
#include "config/fapi.hpp"
#include "config/options.hpp"
#include "config/tree.hpp"
#include "config/verifier_options.hpp"

namespace certbound::config {

namespace {

/// A file that was read; its address stays, since readers and trees point to it.
struct File {
  File(const std::filesystem::path& path, std::string text, std::size_t order) : source{path, std::move(text), order} {}
  Source source;
  std::optional<Tree> tree;
  std::unique_ptr<Reader> reader;
};

class Loader {
 public:
  explicit Loader(const Surroundings& surroundings) : session_{surroundings, {}, {}, {}, {}, {}} {}

  Loaded load(const std::filesystem::path& name, std::string text);

 private:
  void add_file(const std::filesystem::path& path, std::string text);
  void read_options(File& file);
  void include(File& main, const Node& patterns);
  void include_matches(Reader& reader, const Node& node, const std::string& pattern);
  void include_file(Reader& reader, const Node& node, const std::filesystem::path& path);
  void check_resources();
  void read_clients();
  void warn_of_unknown_clients();
  void keep_named_files();

  Session session_;
  std::deque<File> files_;
  std::set<std::filesystem::path> seen_;
  Config config_;
};

Loaded Loader::load(const std::filesystem::path& name, std::string text) {
  seen_.insert(name.lexically_normal());
  add_file(name, std::move(text));
  File& main = files_.front();
  if (main.tree && main.tree->root().kind == NodeKind::map) {
    check_main_file(*main.reader, main.tree->root(), config_);
    if (const Node* patterns = main.tree->root().find("include")) include(main, *patterns);
    check_resources();
    read_clients();
    check_clients_can_connect(*main.reader, main.tree->root(), config_);
    check_verifiers(*main.reader, main.tree->root(), config_);
    check_profile(*main.reader, main.tree->root(), config_);
  }
  for (const File& file : files_) config_.files.push_back(file.source.name());
  config_.places = std::move(session_.places);
  keep_named_files();
  Loaded loaded;
  if (session_.report.error_count() == 0) {
    loaded.config = std::move(config_);
  } else {
    loaded.draft = std::move(config_);
  }
  loaded.problems = session_.report.take_sorted();
  return loaded;
}

void Loader::keep_named_files() {
  if (!config_.watch) return;
  config_.named = std::move(session_.named);
  config_.named.files.insert(config_.named.files.end(), config_.files.begin(), config_.files.end());
  // Written by the server, not read for its configuration.
  std::erase(config_.named.files, config_.state_dir);
}

void Loader::add_file(const std::filesystem::path& path, std::string text) {
  File& file = files_.emplace_back(path, std::move(text), files_.size());
  file.tree = parse_tree(file.source, session_.report);
  file.reader = std::make_unique<Reader>(file.source, session_);
  if (file.tree) read_options(file);
}

void Loader::read_options(File& file) {
  const Section<Config>& section = file.source.is_main() ? config_section() : included_section();
  section.read(*file.reader, file.tree->root(), config_);
}

void Loader::include(File& main, const Node& patterns) {
  const Reader::Step step{*main.reader, "include"};
  read_each(*main.reader, patterns, [&](const Node& node) {
    if (const auto pattern = main.reader->read_text(node)) include_matches(*main.reader, node, *pattern);
  });
}

void Loader::include_matches(Reader& reader, const Node& node, const std::string& pattern) {
  session_.named.patterns.push_back({reader.source().directory(), pattern});
  const auto matches = session_.surroundings.find_files(reader.source().directory(), pattern);
  if (!matches) {
    reader.complain(node, matches.error().detail);
    return;
  }
  if (matches->empty()) {
    // Nothing yet below a pattern is well; a file that is named and missing is not.
    const bool is_pattern = pattern.find_first_of("*?[") != std::string::npos;
    reader.complain(node,
                    in_quotes(pattern) + (is_pattern ? " matches no file; is the directory right?"
                                                     : " does not exist; create it, or remove the entry"),
                    is_pattern ? Severity::warning : Severity::error);
  }
  for (const std::filesystem::path& path : *matches) include_file(reader, node, path);
}

void Loader::include_file(Reader& reader, const Node& node, const std::filesystem::path& path) {
  const std::filesystem::path normal = path.lexically_normal();
  if (normal == std::filesystem::path{reader.source().name()}.lexically_normal()) {
    reader.complain(node, "includes this file itself; put included files into a directory of their own");
    return;
  }
  if (!seen_.insert(normal).second) {
    reader.complain(node, in_quotes(normal.string()) + " is included twice; let one pattern match it");
    return;
  }
  auto text = session_.surroundings.load_file(normal);
  if (!text) {
    reader.complain(node, text.error().detail);
    return;
  }
  add_file(normal, std::move(*text));
}

/// Before read_clients(), which leaves nothing of an included file's nodes.
void Loader::check_resources() {
  std::size_t next = 0;
  for (const File& file : files_) {
    if (!file.tree || file.tree->root().kind != NodeKind::map) continue;
    next = warn_of_unreadable_tokens(*file.reader, file.tree->root(), config_, next);
  }
}

void Loader::read_clients() {
  ClientReader clients{config_};
  for (File& file : files_) {
    if (!file.tree || file.tree->root().kind != NodeKind::map) continue;
    if (const Node* list = file.tree->root().find("clients")) clients.read(*file.reader, *list);
    // Nothing looks at an included file's nodes from here on: a million of them are memory.
    if (!file.source.is_main()) file.tree.reset();
  }
  clients.finish(session_.report);
  warn_of_unknown_clients();
}

/// Not an error: a client may be registered by other means than the configuration.
void Loader::warn_of_unknown_clients() {
  for (const NamedClient& named : session_.named_clients) {
    if (Reader::is_claimed(session_, "client", named.client_id)) continue;
    std::vector<std::string_view> known;
    for (const model::Client& client : config_.clients) known.push_back(client.client_id.text());
    const std::string_view close = nearest(named.client_id, known);
    session_.report.add(*named.place.source, named.place.start, named.place.end, named.place.path,
                        in_quotes(named.client_id) + " is not a declared client" +
                            (close.empty() ? "" : "; did you mean " + std::string{close} + "?"),
                        Severity::warning);
  }
}

}  // namespace

Loaded load_text(const std::filesystem::path& name, std::string text, const Surroundings& surroundings) {
  return Loader{surroundings}.load(name, std::move(text));
}

Loaded load(const std::filesystem::path& path, const Surroundings& surroundings) {
  auto text = surroundings.load_file(path);
  if (text) return load_text(path, std::move(*text), surroundings);
  std::string detail = text.error().detail;
  if (detail.starts_with(path.string() + ": ")) detail.erase(0, path.string().size() + 2);
  Report report;
  report.add_unreadable(path.string(), std::move(detail));
  return {std::nullopt, report.take_sorted(), {}};
}

}  // namespace certbound::config
