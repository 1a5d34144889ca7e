// Words of the command line that reach a command as they were typed.
//
// The parser reads more into some words than they say: a list in [a,b], the end of a command in ++, an option in what stands
// behind --. Such words pass it behind a mark, which every option takes off again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace larder::tools {

/// The arguments without the first --, those marked that the parser would not leave as they are.
std::vector<std::string> marked(int argc, const char* const* argv);
/// Makes each option of a command take the mark off what it is given.
void take_literally(CLI::App& command);
/// Without the marks, for messages of the parser.
std::string without_marks(std::string text);

}  // namespace larder::tools
