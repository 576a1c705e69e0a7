#include "platform/app/data_lock.hpp"

#include "tests/platform/app/temporary_dir.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <fstream>
#include <string>

using troupe::app::lock_data_dir;
using troupe::app::test::temporary_dir;
using troupe::base::errc;

TEST_CASE("a data directory is created and taken for one holder") {
  const temporary_dir dir;
  const auto data = dir.path() / "deep" / "data";
  auto first = lock_data_dir(data);
  REQUIRE(first.has_value());
  CHECK(std::filesystem::is_directory(data));
  const auto second = lock_data_dir(data);
  REQUIRE(second.has_error());
  CHECK(second.error().code == errc::unavailable);
  CHECK(second.error().detail.find("another troupe uses") == 0);
  CHECK(second.error().detail.find("'" + data.string() + "'") != std::string::npos);
  CHECK(second.error().detail.find("--data-dir") != std::string::npos);
}

TEST_CASE("a data directory is free again when its holder is gone, whatever is left in it") {
  const temporary_dir dir;
  for (int i = 0; i < 3; ++i) CHECK(lock_data_dir(dir.path()).has_value());
  CHECK(std::filesystem::exists(dir.path() / "lock"));
}

TEST_CASE("the lock file is its owner's alone") {
  const temporary_dir dir;
  const auto held = lock_data_dir(dir.path());
  REQUIRE(held.has_value());
  struct ::stat s {};
  REQUIRE(::stat((dir.path() / "lock").c_str(), &s) == 0);
  CHECK((s.st_mode & 0077) == 0);
}

TEST_CASE("a data directory that cannot be is an error that says what to do") {
  const temporary_dir dir;
  std::ofstream(dir.path() / "file") << "x";
  const auto under_a_file = lock_data_dir(dir.path() / "file" / "data");
  REQUIRE(under_a_file.has_error());
  CHECK(under_a_file.error().code == errc::unavailable);
  CHECK(under_a_file.error().detail.find("cannot create the data directory") == 0);
  CHECK(under_a_file.error().detail.find("--data-dir") != std::string::npos);

  std::filesystem::create_directories(dir.path() / "taken" / "lock"); // no file can be made of that name
  const auto unwritable = lock_data_dir(dir.path() / "taken");
  REQUIRE(unwritable.has_error());
  CHECK(unwritable.error().detail.find("cannot write in the data directory") == 0);
}
