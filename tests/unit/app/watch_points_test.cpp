#include "app/watch_points.hpp"

#include <fstream>

#include <gmock/gmock.h>

#include "unit/store/temporary_folder.hpp"

namespace certbound::app {

namespace {

using std::filesystem::create_directories;
using std::filesystem::create_symlink;
using std::filesystem::path;
using testing::ElementsAre;
using testing::IsSupersetOf;

class WatchPointsTest : public testing::Test {
 protected:
  [[nodiscard]] path at(const std::string& name) const { return folder_.path() / name; }
  void write(const std::string& name) const {
    create_directories(at(name).parent_path());
    std::ofstream{at(name)} << name;
  }
  [[nodiscard]] static WatchPoints points_of(const path& file) {
    config::NamedFiles named;
    named.files = {file};
    return find_watch_points({&named});
  }
  [[nodiscard]] WatchPoints points_of_pattern(const std::string& pattern) const {
    config::NamedFiles named;
    named.patterns = {{folder_.path(), pattern}};
    return find_watch_points({&named});
  }

  store::TemporaryFolder folder_;
};

std::set<std::string, std::less<>> names_in(const WatchPoints& points, const path& directory) {
  const auto found = points.find(directory);
  return found == points.end() ? std::set<std::string, std::less<>>{} : found->second.names;
}

std::set<std::string, std::less<>> patterns_in(const WatchPoints& points, const path& directory) {
  const auto found = points.find(directory);
  return found == points.end() ? std::set<std::string, std::less<>>{} : found->second.patterns;
}

}  // namespace

TEST_F(WatchPointsTest, AreEveryDirectoryOnTheWay) {
  write("a/b/server.crt");
  const WatchPoints points = points_of(at("a/b/server.crt"));
  EXPECT_THAT(names_in(points, at("a/b")), ElementsAre("server.crt"));
  EXPECT_THAT(names_in(points, at("a")), ElementsAre("b"));
  EXPECT_THAT(names_in(points, folder_.path()), ElementsAre("a"));
  EXPECT_EQ(names_in(points, "/").size(), 1U);
}

// Its entry is there for when it comes.
TEST_F(WatchPointsTest, AreThereForWhatDoesNotExist) {
  const WatchPoints points = points_of(at("gone/server.crt"));
  EXPECT_THAT(names_in(points, folder_.path()), ElementsAre("gone"));
  EXPECT_THAT(names_in(points, at("gone")), ElementsAre("server.crt"));
}

// A Kubernetes volume: server.crt -> ..data/server.crt, ..data -> ..2026, and ..data is what is exchanged.
TEST_F(WatchPointsTest, FollowTheLinksOfAMountedVolume) {
  write("volume/..2026/server.crt");
  create_symlink("..2026", at("volume/..data"));
  create_symlink("..data/server.crt", at("volume/server.crt"));
  const WatchPoints points = points_of(at("volume/server.crt"));
  EXPECT_THAT(names_in(points, at("volume")), ElementsAre("..2026", "..data", "server.crt"));
  EXPECT_THAT(names_in(points, at("volume/..2026")), ElementsAre("server.crt"));
}

// certbot: live/as/fullchain.pem -> ../../archive/as/fullchain1.pem.
TEST_F(WatchPointsTest, FollowALinkThatGoesUp) {
  write("archive/as/fullchain1.pem");
  create_directories(at("live/as"));
  create_symlink("../../archive/as/fullchain1.pem", at("live/as/fullchain.pem"));
  const WatchPoints points = points_of(at("live/as/fullchain.pem"));
  EXPECT_THAT(names_in(points, at("live/as")), ElementsAre("fullchain.pem"));
  EXPECT_THAT(names_in(points, at("archive/as")), ElementsAre("fullchain1.pem"));
}

// `..` of a link's target is of the directory that the link leads to, not of the one that the path names.
TEST_F(WatchPointsTest, FollowADirectoryThatIsALink) {
  write("real/deep/server.crt");
  create_symlink(at("real/deep"), at("short"));
  create_symlink("../server.key", at("real/deep/server.key"));
  const WatchPoints points = points_of(at("short/server.key"));
  EXPECT_THAT(names_in(points, folder_.path()), IsSupersetOf({"real", "short"}));
  EXPECT_THAT(names_in(points, at("real/deep")), ElementsAre("server.key"));
  EXPECT_THAT(names_in(points, at("real")), IsSupersetOf({"deep", "server.key"}));
}

TEST_F(WatchPointsTest, EndInALoop) {
  create_symlink("b", at("a"));
  create_symlink("a", at("b"));
  EXPECT_THAT(names_in(points_of(at("a")), folder_.path()), ElementsAre("a", "b"));
}

TEST_F(WatchPointsTest, OfAPatternAreInEveryDirectoryWhereItMayMatch) {
  create_directories(at("tenants/one"));
  create_directories(at("tenants/two"));
  const WatchPoints points = points_of_pattern("tenants/*/c*.yaml");
  EXPECT_THAT(patterns_in(points, at("tenants")), ElementsAre("*"));
  EXPECT_THAT(patterns_in(points, at("tenants/one")), ElementsAre("c*.yaml"));
  EXPECT_THAT(patterns_in(points, at("tenants/two")), ElementsAre("c*.yaml"));
  EXPECT_THAT(names_in(points, folder_.path()), ElementsAre("tenants"));
  EXPECT_TRUE(points.at(at("tenants/one")).has("clients.yaml"));
  EXPECT_FALSE(points.at(at("tenants/one")).has("other.yaml"));
  EXPECT_FALSE(points.at(at("tenants")).has(".hidden"));
}

TEST_F(WatchPointsTest, OfAPatternAreThereBeforeItsDirectory) {
  const WatchPoints points = points_of_pattern("clients.d/*.yaml");
  EXPECT_THAT(names_in(points, folder_.path()), ElementsAre("clients.d"));
  EXPECT_THAT(patterns_in(points, at("clients.d")), ElementsAre("*.yaml"));
}

TEST_F(WatchPointsTest, OfAnIncludeWithoutAPatternAreThoseOfAFile) {
  EXPECT_THAT(names_in(points_of_pattern("more.yaml"), folder_.path()), ElementsAre("more.yaml"));
}

}  // namespace certbound::app
