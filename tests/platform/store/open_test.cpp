#include "platform/store/sqlite.hpp"
#include "tests/platform/store/opened.hpp"
#include "tests/platform/store/scratch_directory.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace troupe;
using store::database;
using store::test::has_row;
using store::test::scratch_directory;
using access_mode = database::access;

namespace {

mode_t mode_of(const std::filesystem::path& file) {
  struct stat info {};
  REQUIRE(::stat(file.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

std::string text_of(database& db, std::string_view sql) {
  auto query = db.prepare(sql);
  REQUIRE(query.has_value());
  REQUIRE(has_row(*query));
  return std::string(query->text_at(0));
}

base::error open_error(const std::filesystem::path& file, access_mode mode = access_mode::read_write) {
  const auto db = database::open(file, mode);
  REQUIRE(db.has_error());
  return db.error();
}

void fill(const std::filesystem::path& file, int rows) {
  auto db = database::open(file, access_mode::read_write);
  REQUIRE(db.has_value());
  REQUIRE(db->execute("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)").has_value());
  REQUIRE(db->begin().has_value());
  auto insert = db->prepare("INSERT INTO t(body) VALUES(?1)");
  REQUIRE(insert.has_value());
  const std::string body(500, 'x');
  for (int i = 0; i < rows; ++i) REQUIRE(insert->bind_all(body).run().has_value());
  REQUIRE(db->commit().has_value());
}

} // namespace

TEST_CASE("a new database and its log are readable by their owner alone") {
  scratch_directory dir;
  const auto before = ::umask(0);
  {
    auto db = database::open(dir.file(), access_mode::read_write);
    ::umask(before);
    REQUIRE(db.has_value());
    REQUIRE(db->execute("CREATE TABLE t(x)").has_value());
    CHECK(mode_of(dir.file()) == 0600);
    CHECK(mode_of(dir.file("test.db-wal")) == 0600);
    CHECK(mode_of(dir.file("test.db-shm")) == 0600);
  }
  CHECK(std::filesystem::exists(dir.file()));
  CHECK_FALSE(std::filesystem::exists(dir.file("test.db-wal"))); // the last connection has folded it in
}

TEST_CASE("a connection is set up for durability") {
  scratch_directory dir;
  auto db = database::open(dir.file(), access_mode::read_write);
  REQUIRE(db.has_value());
  CHECK(text_of(*db, "PRAGMA journal_mode") == "wal");
  CHECK(text_of(*db, "PRAGMA synchronous") == "2");
  CHECK(text_of(*db, "PRAGMA foreign_keys") == "1");
  CHECK(text_of(*db, "PRAGMA cache_size") == "-16384");
  CHECK(text_of(*db, "PRAGMA busy_timeout") == "5000");
  CHECK(text_of(*db, "PRAGMA wal_autocheckpoint") == "4000");
}

TEST_CASE("what was written is there after the database is opened again") {
  scratch_directory dir;
  fill(dir.file(), 3);
  auto db = database::open(dir.file(), access_mode::read_write);
  REQUIRE(db.has_value());
  CHECK(text_of(*db, "SELECT count(*) FROM t") == "3");
}

TEST_CASE("a reader sees what is committed and cannot write") {
  scratch_directory dir;
  fill(dir.file(), 2);
  auto writer = database::open(dir.file(), access_mode::read_write);
  auto reader = database::open(dir.file(), access_mode::read_only);
  REQUIRE(writer.has_value());
  REQUIRE(reader.has_value());
  REQUIRE(writer->begin().has_value());
  REQUIRE(writer->execute("INSERT INTO t(body) VALUES('new')").has_value());
  CHECK(text_of(*reader, "SELECT count(*) FROM t") == "2");
  REQUIRE(writer->commit().has_value());
  CHECK(text_of(*reader, "SELECT count(*) FROM t") == "3");

  const auto refused = reader->execute("DELETE FROM t");
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == base::errc::unavailable);
}

TEST_CASE("a reader of a file that is not there says that its writer must start first") {
  scratch_directory dir;
  const auto e = open_error(dir.file(), access_mode::read_only);
  CHECK(e.code == base::errc::unavailable);
  CHECK(e.detail ==
        "cannot open the store test.db: it does not exist or cannot be read; start its writer first");
  CHECK_FALSE(std::filesystem::exists(dir.file()));
}

TEST_CASE("a place where no database can be is refused with what to do") {
  scratch_directory dir;
  std::ofstream(dir.file("plain")) << "text";
  std::filesystem::create_directory(dir.file("folder"));
  std::filesystem::create_symlink(dir.file("nowhere"), dir.file("dangling"));

  struct row {
    std::filesystem::path file;
    std::string detail;
  };
  const std::vector<row> rows{
      {dir.file("missing") / "test.db", "cannot open the store test.db: its directory does not exist; create "
                                        "it, or choose another data directory"},
      {dir.file("plain") / "test.db", "cannot open the store test.db: a part of its directory's path is a "
                                      "file; choose another data directory"},
      {dir.file("folder"), "cannot open the store folder: it is a directory"},
      {dir.file("dangling"), "cannot open the store dangling: this user cannot write it or its directory; "
                             "change the owner or mode of both"},
      {"", "cannot open the store : the name is empty"},
      {dir.path() / "", "cannot open the store : the name is empty"},
  };
  for (const auto& r : rows) {
    const auto e = open_error(r.file);
    CHECK(e.code == base::errc::unavailable);
    CHECK(e.detail == r.detail);
  }
  CHECK_FALSE(std::filesystem::exists(dir.file("nowhere")));
}

TEST_CASE("a directory that the user may not write is refused with what to do") {
  scratch_directory dir;
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0555));
  // The superuser may write everywhere, so root becomes somebody else for the attempt.
  constexpr uid_t nobody = 65534;
  const bool is_root = ::geteuid() == 0;
  if (is_root) REQUIRE(::seteuid(nobody) == 0);
  const auto db = database::open(dir.file(), access_mode::read_write);
  if (is_root) REQUIRE(::seteuid(0) == 0);
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0700));

  REQUIRE(db.has_error());
  CHECK(db.error().code == base::errc::unavailable);
  CHECK(db.error().detail == "cannot open the store test.db: its directory is not writable for this user; "
                             "change its owner or mode, or choose another");
}

TEST_CASE("a file that is no database is refused and left as it is") {
  scratch_directory dir;
  const std::string content =
      "these are the accounts of 1998, not a database; it is long enough to have a header " +
      std::string(200, '.');
  std::ofstream(dir.file()) << content;
  const auto mode = GENERATE(access_mode::read_write, access_mode::read_only);
  const auto e = open_error(dir.file(), mode);
  CHECK(e.code == base::errc::unavailable);
  CHECK(e.detail == "cannot open the store test.db: it is not a SQLite database; move it away, "
                    "or choose another data directory");
  std::ifstream in(dir.file());
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == content);
}

TEST_CASE("a damaged file is refused") {
  scratch_directory dir;
  fill(dir.file(), 200);
  SECTION("when its end is missing") {
    std::filesystem::resize_file(dir.file(), std::filesystem::file_size(dir.file()) / 2);
  }
  SECTION("when its schema is overwritten") {
    std::fstream out(dir.file(), std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(100); // behind the header of 100 bytes begins the schema's b-tree
    out << std::string(3000, '\x5a');
  }
  const auto e = open_error(dir.file());
  CHECK(e.code == base::errc::unavailable);
  CHECK(e.detail == "cannot open the store test.db: it is damaged; restore it from a backup, "
                    "or save what is left with sqlite3's .recover");
}

TEST_CASE("damage that is found while reading is unavailable, and tells nothing of the SQL") {
  scratch_directory dir;
  fill(dir.file(), 200);
  {
    std::fstream out(dir.file(), std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(4096); // the root page of the table
    out << std::string(4096, '\x5a');
  }
  auto db = database::open(dir.file(), access_mode::read_write);
  REQUIRE(db.has_value());
  auto query = db->prepare("SELECT sum(length(body)) FROM t");
  REQUIRE(query.has_value());
  const auto row = query->step();
  REQUIRE(row.has_error());
  CHECK(row.error() == base::error{base::errc::unavailable, "the store's file is damaged"});
}

TEST_CASE("writers that open one new database at the same moment all succeed") {
  scratch_directory dir;
  std::vector<std::string> failures(8);
  {
    std::vector<std::jthread> threads;
    for (auto& failure : failures) {
      threads.emplace_back([&failure, file = dir.file()] {
        auto db = database::open(file, access_mode::read_write);
        if (db.has_error())
          failure = db.error().detail;
        else if (const auto made = db->execute("CREATE TABLE IF NOT EXISTS t(x)"); made.has_error()) {
          failure = made.error().detail;
        }
      });
    }
  }
  CHECK(failures == std::vector<std::string>(failures.size()));
}

TEST_CASE("a second open in the process does not take the first one's lock away") {
  scratch_directory dir;
  auto first = database::open(dir.file(), access_mode::read_write);
  REQUIRE(first.has_value());
  REQUIRE(first->execute("CREATE TABLE t(x)").has_value());
  { REQUIRE(database::open(dir.file(), access_mode::read_write).has_value()); }

  // Only another process is shown the locks of this one. The range is that of SQLite's shared locks: without
  // one, another process believes itself to be the last user and removes the log
  // (https://www.sqlite.org/fileformat2.html, "lock-byte page").
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const int descriptor = ::open(dir.file().c_str(), O_RDWR | O_CLOEXEC);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 0x40000002;
    lock.l_len = 510;
    const bool asked = descriptor >= 0 && ::fcntl(descriptor, F_GETLK, &lock) == 0;
    ::_exit(asked && lock.l_type == F_RDLCK ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
