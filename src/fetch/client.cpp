#include "fetch/client.hpp"

#include "fetch/core.hpp"

namespace certbound::fetch {

Client::Client(std::shared_ptr<const Settings> settings, metrics::Registry& registry, Surroundings surroundings)
    : core_{std::make_shared<Core>(std::move(settings), registry, std::move(surroundings))} {
  core_->start();
}

Client::~Client() { stop(); }

void Client::fetch(Request request, Done done) {
  core_->door()->post([core = core_.get(), request = std::move(request), done = std::move(done)]() mutable {
    core->begin(std::move(request), std::move(done));
  });
}

void Client::publish(std::shared_ptr<const Settings> settings) {
  core_->door()->post([core = core_.get(), settings = std::move(settings)] { core->publish(settings); });
}

void Client::stop() { core_->stop(); }

}  // namespace certbound::fetch
