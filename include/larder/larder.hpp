// Larder: a persistent cache that many processes share through one memory-mapped file. One include for all of it.
#pragma once

#include <larder/cache.hpp>
#include <larder/mapped_file.hpp>
#include <larder/options.hpp>
#include <larder/stats.hpp>
#include <larder/status.hpp>
#include <larder/version.hpp>
