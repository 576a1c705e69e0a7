#include "platform/server/file_tree.hpp"

#include "tests/platform/server/scratch_tree.hpp"

#include <catch2/catch.hpp>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

using namespace troupe;
using server::file_tree;
using server::test::scratch_tree;

namespace {

std::string text_of(const file_tree::entry& e) {
  std::string text(e.size, '\0');
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(::pread(e.file.fd(), text.data(), text.size(), 0), 0)));
  return text;
}

bool is_hidden(const file_tree& tree, std::string_view path) {
  const auto found = tree.find(path);
  return found.has_error() && found.error().code == base::errc::not_found;
}

} // namespace

TEST_CASE("files and directories of the tree are found with what they are") {
  const bool use_openat2 = GENERATE(true, false);
  const scratch_tree scratch;
  scratch.write("a.txt", "one");
  scratch.write("sub/deep/b.txt", "three");
  scratch.write("caf\xC3\xA9 \"x\".txt", "odd");
  const auto tree = file_tree::open(scratch.inside(), use_openat2).value();
  const auto a = tree.find("a.txt").value();
  CHECK(a.size == 3);
  CHECK(a.modified_ns == 1'000'000'000'000'000'000);
  CHECK_FALSE(a.is_directory);
  CHECK(text_of(a) == "one");
  CHECK(text_of(tree.find("sub/deep/b.txt").value()) == "three");
  CHECK(text_of(tree.find("caf\xC3\xA9 \"x\".txt").value()) == "odd");
  CHECK(tree.find("sub").value().is_directory);
  CHECK(tree.find("").value().is_directory);
  CHECK(tree.find("a.txt").value().inode == a.inode);
  CHECK(tree.find("sub/deep/b.txt").value().inode != a.inode);
}

TEST_CASE("nothing outside the tree, hidden or malformed is found, whatever the path") {
  const bool use_openat2 = GENERATE(true, false);
  const scratch_tree scratch;
  scratch.write("a.txt", "one");
  scratch.write("sub/b.txt", "two");
  scratch.write(".hidden", "secret");
  scratch.write(".git/config", "secret");
  std::ofstream(scratch.path() / "secret.txt") << "secret";
  const auto link = [&](const std::string& to, const std::string& name) {
    std::filesystem::create_symlink(to, scratch.inside() / name);
  };
  link("../secret.txt", "out");
  link("..", "up");
  link((scratch.path() / "secret.txt").string(), "absolute");
  link("/proc/self/root", "magic");
  link("/dev/zero", "device");
  link("loop", "loop");
  link("sub/../../secret.txt", "winding");
  const auto tree = file_tree::open(scratch.inside(), use_openat2).value();
  for (const std::string path :
       {"..", "../secret.txt", "../inside/a.txt", "sub/../../secret.txt", "sub/..", ".", "./a.txt", "sub/./b.txt", "/a.txt",
        "/etc/passwd", "//etc/passwd", "sub//b.txt", "sub/", "a.txt/", "a.txt/b", "missing", "sub/missing", ".hidden", ".git/config",
        "sub/.hidden", "out", "up", "up/secret.txt", "absolute", "magic", "magic/etc/passwd", "device", "loop", "loop/a", "winding",
        "...", "..\\secret.txt", "%2e%2e/secret.txt"}) {
    CAPTURE(path, use_openat2);
    CHECK(is_hidden(tree, path));
  }
  CHECK(is_hidden(tree, std::string_view("a.txt\0.png", 10)));
  CHECK(is_hidden(tree, std::string(5000, 'a')));
  CHECK(is_hidden(tree, std::string(300, 'a')));
  std::string deep = "a";
  for (int i = 0; i < 1500; ++i) deep += "/a";
  CHECK(is_hidden(tree, deep));
}

TEST_CASE("a link that stays beneath the tree is followed where the kernel can tell") {
  const scratch_tree scratch;
  scratch.write("sub/b.txt", "two");
  std::filesystem::create_symlink("sub/b.txt", scratch.inside() / "in");
  std::filesystem::create_symlink("../sub/b.txt", scratch.inside() / "sub/around");
  const auto tree = file_tree::open(scratch.inside()).value();
  CHECK(text_of(tree.find("in").value()) == "two");
  CHECK(text_of(tree.find("sub/around").value()) == "two");
  const auto walking = file_tree::open(scratch.inside(), false).value();
  CHECK(is_hidden(walking, "in"));
  CHECK(is_hidden(walking, "sub/around"));
}

TEST_CASE("a FIFO is not waited for, and it and a socket are no files") {
  const bool use_openat2 = GENERATE(true, false);
  const scratch_tree scratch;
  REQUIRE(::mkfifo((scratch.inside() / "fifo").c_str(), 0600) == 0);
  const net::socket listening(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto name = (scratch.inside() / "socket").string();
  REQUIRE(name.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  REQUIRE(::bind(listening.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const auto tree = file_tree::open(scratch.inside(), use_openat2).value();
  CHECK(is_hidden(tree, "fifo"));
  CHECK(is_hidden(tree, "socket"));
}

TEST_CASE("C-76: without descriptors a file is unavailable, not missing, and none is lost") {
  const bool use_openat2 = GENERATE(true, false);
  const scratch_tree scratch;
  scratch.write("sub/b.txt", "two");
  const auto tree = file_tree::open(scratch.inside(), use_openat2).value();
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int next = ::dup(0);
  ::close(next);
  const rlimit none{static_cast<rlim_t>(next), before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto refused = tree.find("sub/b.txt");
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(refused.error().code == base::errc::unavailable);
  CHECK(tree.find("sub/b.txt").has_value());
  const int after = ::dup(0);
  ::close(after);
  CHECK(after == next);
}

TEST_CASE("what is no directory is no tree, and the error says which") {
  const scratch_tree scratch;
  const auto file = scratch.write("a.txt", "one");
  for (const auto& path : {file, scratch.path() / "missing"}) {
    const auto tree = file_tree::open(path);
    REQUIRE(tree.has_error());
    CHECK(tree.error().detail.find(path.string()) != std::string::npos);
  }
}
