#include "sns/xml.hpp"

#include <doctest/doctest.h>

#include <string>

using ticketbottle::sns::parse_xml;

namespace {

/// "a(b=text,c())", the elements in their order.
std::string shape(const std::string& xml) {
    const auto elements = parse_xml(xml);
    if (!elements) return "refused";
    std::string out;
    for (std::size_t i = 0; i < elements->size(); ++i)
        out += std::string((*elements)[i].name) + "@" + std::to_string((*elements)[i].parent) + "=" +
               (*elements)[i].text + ";";
    return out;
}

}  // namespace

TEST_CASE("XML: elements, text and references are read") {
    CHECK(shape("<a/>") == "a@0=;");
    CHECK(shape("<?xml version=\"1.0\"?>\n<a xmlns=\"http://x/\" b='c'>\n <b>1 &lt;&amp;&gt;&quot;&apos; "
                "&#65;&#x1F3AB;</b>\n <c></c><d/>\n</a>\n") == "a@0=;b@0=1 <&>\"' A\xF0\x9F\x8E\xAB;c@0=;d@0=;");
    CHECK(shape("<a><b><c>x</c></b><b>y</b></a>") == "a@0=;b@0=;c@1=x;b@0=y;");
    CHECK(shape("<a> x </a>") == "a@0= x ;");
}

TEST_CASE("XML: what is not quite XML, or more than answers need, is refused") {
    for (const std::string xml : {"",
                                  " ",
                                  "x",
                                  "<a>",
                                  "<a></b>",
                                  "<a/><b/>",
                                  "<a>x<b/></a>",
                                  "<a><b/>x</a>",
                                  "<a><!-- c --></a>",
                                  "<a><![CDATA[x]]></a>",
                                  "<!DOCTYPE a><a/>",
                                  "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
                                  "<a>&nbsp;</a>",
                                  "<a>&#0;</a>",
                                  "<a>&#xD800;</a>",
                                  "<a>&#99999999999;</a>",
                                  "<a>&#;</a>",
                                  "<a>&#x;</a>",
                                  "<a>&amp</a>",
                                  "<a>]]></a>",
                                  "<a>\x01</a>",
                                  "<a>\xC3</a>",
                                  "<a b=c/>",
                                  "<a b=\"<\"/>",
                                  "<a b=\"c\"d=\"e\"/>",
                                  "<a b/>",
                                  "< a/>",
                                  "<a>< /a>",
                                  "<1/>",
                                  "<a><?p x?></a>",
                                  "<a",
                                  "<a b=\"",
                                  "</a>"})
        CHECK_MESSAGE(shape(xml) == "refused", xml);
    std::string deep;
    for (int i = 0; i < 16; ++i) deep = "<a>" + deep + "</a>";
    CHECK(shape(deep) != "refused");
    CHECK(shape("<a>" + deep + "</a>") == "refused");
    std::string many = "<r>";
    for (int i = 0; i < 4095; ++i) many += "<a/>";
    CHECK(shape(many + "</r>") != "refused");
    CHECK(shape(many + "<a/></r>") == "refused");
    CHECK(shape("<a>" + std::string(256 * 1024, 'x') + "</a>") == "refused");
}
