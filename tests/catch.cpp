// A precompiled header belongs to a source that is compiled with it; main.cpp, which is Catch itself, is not.
#include <catch2/catch.hpp>
