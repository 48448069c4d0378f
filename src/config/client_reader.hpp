#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/options.hpp"

namespace certbound::config {

/// Reads the `clients` of one file after another into a Config whose trust stores and resources are complete, and
/// checks each client by itself and against the others.
class ClientReader {
 public:
  explicit ClientReader(Config& config);

  /// `list` is the value of `clients`. What holds is appended to Config::clients; every problem is reported through
  /// `reader`.
  void read(Reader& reader, const Node& list);

 private:
  void read_client(Reader& reader, const Node& node);
  void read_resources(Reader& reader, const Node& node, const ClientDraft& draft, model::Client& client) const;
  void read_resource(Reader& reader, const Node& node, model::Client& client) const;
  void keep_default_resources(model::Client& client) const;
  void check_scope(Reader& reader, const Node& place, const model::Client& client) const;
  void warn_of_overlap(Reader& reader, const Node& node, std::vector<std::string> credentials);
  void keep(const Reader& reader, const Node& node, model::Client client);

  Config& config_;
  std::vector<std::string_view> trust_store_names_;
  std::unordered_map<std::string_view, const model::Resource*> resources_;
  struct Credential {
    std::size_t first_client = 0;  ///< index into Config::clients
    bool is_shared = false;
  };
  /// By what identifies a certificate or a set of them.
  std::unordered_map<std::string, Credential> credentials_;
};

}  // namespace certbound::config
