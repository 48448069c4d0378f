#pragma once

#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "config/client_credentials.hpp"
#include "config/options.hpp"
#include "config/pattern_overlap.hpp"

namespace certbound::config {

/// Reads the `clients` of one file after another into a Config whose trust stores and resources are complete, and
/// checks each client by itself and against the others.
class ClientReader {
 public:
  explicit ClientReader(Config& config);

  /// `list` is the value of `clients`. What holds is appended to Config::clients; every problem is reported through
  /// `reader`.
  void read(Reader& reader, const Node& list);

  /// Checks what can be said only of all clients; to be called after the last read().
  void finish(Report& report) const;

 private:
  void read_client(Reader& reader, const Node& node);
  void read_resources(Reader& reader, const Node& node, const ClientDraft& draft, model::Client& client) const;
  void read_resource(Reader& reader, const Node& node, model::Client& client) const;
  void keep_default_resources(model::Client& client) const;
  [[nodiscard]] bool may_introspect(const model::Client& client) const;
  void check_scope(Reader& reader, const Node& place, const model::Client& client) const;
  void warn_of_overlap(Reader& reader, const Node& node, const model::Client& client,
                       const std::vector<Credential>& credentials);
  void claim(Reader& reader, const Node& node, std::string credential);
  void warn_of(Reader& reader, const Node& node, std::size_t first_client);
  void keep(const Reader& reader, const Node& node, model::Client client);

  Config& config_;
  std::vector<std::string_view> trust_store_names_;
  std::unordered_map<std::string_view, const model::Resource*> resources_;
  /// By what identifies a certificate or a set of them the first client that it authenticates: index into
  /// Config::clients.
  std::unordered_map<std::string, std::size_t> claims_;
  std::set<std::pair<std::size_t, std::size_t>> warned_;
  /// The anchors of each trust store, by which two stores may be one.
  AnchorsByStore anchors_;
  std::vector<PatternClient> patterns_;
};

}  // namespace certbound::config
