#include "ticket/pdf.hpp"

#include <podofo/podofo.h>

#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <string_view>

#include "core/format.hpp"
#include "core/utf8.hpp"

// PoDoFo gets ready-made objects and writes them: object numbers, cross-reference table, compression. Versions 0.9 and
// 0.10 differ in how objects are held and written; the two classes PdfFile below are all that knows of it.

namespace ticketbottle::ticket {

namespace {

using PoDoFo::PdfArray;
using PoDoFo::PdfDictionary;
using PoDoFo::PdfName;
using PoDoFo::PdfObject;
using PoDoFo::PdfReference;
using PoDoFo::PdfString;

#if PODOFO_VERSION < PODOFO_MAKE_VERSION(0, 10, 0)

PdfString raw_string(const std::string& bytes) {
    return PdfString(bytes.data(), static_cast<PoDoFo::pdf_long>(bytes.size()), true);
}
void append(PdfArray& array, const PdfObject& value) { array.push_back(value); }

/// PdfMemDocument is not used: it starts FreeType and Fontconfig for each document and puts the present time into it.
class PdfFile {
public:
    PdfFile() { objects_.SetAutoDelete(true); }

    PdfObject& add(const char* type) { return *objects_.CreateObject(type); }
    PdfObject& catalog() {
        if (catalog_ == nullptr) catalog_ = &add("Catalog");
        return *catalog_;
    }
    static PdfReference reference(const PdfObject& object) { return object.Reference(); }
    static void set_stream(PdfObject& object, const std::string& bytes) {
        object.GetStream()->Set(bytes.data(), static_cast<PoDoFo::pdf_long>(bytes.size()));
    }
    std::string write(const PdfObject& information) {
        PdfObject trailer;
        trailer.GetDictionary().AddKey(PdfName("Root"), reference(catalog()));
        trailer.GetDictionary().AddKey(PdfName("Info"), reference(information));
        PoDoFo::PdfWriter writer(&objects_, &trailer);
        writer.SetPdfVersion(PoDoFo::ePdfVersion_1_7);
        PoDoFo::PdfRefCountedBuffer buffer;
        PoDoFo::PdfOutputDevice device(&buffer);
        writer.Write(&device);
        return std::string(buffer.GetBuffer(), device.GetLength());
    }

private:
    PoDoFo::PdfVecObjects objects_;
    PdfObject* catalog_ = nullptr;
};

#else

PdfString raw_string(const std::string& bytes) {
    return PdfString::FromRaw(PoDoFo::bufferview(bytes.data(), bytes.size()));
}
void append(PdfArray& array, const PdfObject& value) { array.Add(value); }

class PdfFile {
public:
    PdfFile() { document_.GetMetadata().SetPdfVersion(PoDoFo::PdfVersion::V1_7); }

    PdfObject& add(const char* type) {
        return type == nullptr ? document_.GetObjects().CreateDictionaryObject()
                               : document_.GetObjects().CreateDictionaryObject(type);
    }
    PdfObject& catalog() { return document_.GetCatalog().GetObject(); }
    static PdfReference reference(const PdfObject& object) { return object.GetIndirectReference(); }
    static void set_stream(PdfObject& object, const std::string& bytes) {
        object.GetOrCreateStream().SetData(PoDoFo::bufferview(bytes.data(), bytes.size()));
    }
    std::string write(const PdfObject& information) {
        document_.GetTrailer().GetObject().GetDictionary().AddKey(PdfName("Info"), reference(information));
        std::string out;
        PoDoFo::StringStreamDevice device(out);
        document_.Save(device, PoDoFo::PdfSaveOptions::NoMetadataUpdate);
        return out;
    }

private:
    PoDoFo::PdfMemDocument document_;
};

#endif

PdfObject integer(std::int64_t value) { return PdfObject(value); }
PdfObject real(double value) { return PdfObject(value); }
PdfObject name(const std::string& text) { return PdfObject(PdfName(text.c_str())); }

/// A text string, UTF-16BE with byte order mark (ISO 32000-1 section 7.9.2.2).
PdfObject text(std::string_view utf8) {
    std::string bytes = "\xfe\xff";
    const auto unit = [&](char32_t value) {
        bytes += static_cast<char>(value >> 8 & 0xff);
        bytes += static_cast<char>(value & 0xff);
    };
    while (!utf8.empty()) {
        const std::optional<char32_t> c = utf8::take(utf8);
        if (!c) break;  // every caller's text is checked
        if (*c > 0xffff) {
            unit(0xd800 + ((*c - 0x10000) >> 10));
            unit(0xdc00 + ((*c - 0x10000) & 0x3ff));
        } else {
            unit(*c);
        }
    }
    return PdfObject(raw_string(bytes));
}

void set(PdfObject& object, const char* key, const PdfObject& value) {
    object.GetDictionary().AddKey(PdfName(key), value);
}
void set(PdfObject& object, const char* key, const PdfReference& value) { set(object, key, PdfObject(value)); }

/// Lets a description point at another object.
PdfReference ref(const PdfObject& object) { return PdfFile::reference(object); }

PdfObject array_of(const std::vector<PdfObject>& values) {
    PdfArray array;
    for (const PdfObject& value : values) append(array, value);
    return PdfObject(array);
}

PdfReference add_descriptor(PdfFile& file, const PdfFont& font) {
    PdfObject& data = file.add(nullptr);
    set(data, "Length1", integer(static_cast<std::int64_t>(font.truetype.size())));
    PdfFile::set_stream(data, font.truetype);

    constexpr int symbolic = 4;  // the codes are glyph numbers, no standard encoding
    constexpr int italic = 64;
    PdfObject& descriptor = file.add("FontDescriptor");
    set(descriptor, "FontName", name(font.name));
    set(descriptor, "Flags", integer(font.italic_angle == 0 ? symbolic : symbolic | italic));
    set(descriptor, "FontBBox",
        array_of({integer(font.box[0]), integer(font.box[1]), integer(font.box[2]), integer(font.box[3])}));
    set(descriptor, "ItalicAngle", integer(font.italic_angle));
    set(descriptor, "Ascent", integer(font.ascent));
    set(descriptor, "Descent", integer(font.descent));
    set(descriptor, "CapHeight", integer(font.cap_height));
    set(descriptor, "StemV", integer(font.stem_width));
    set(descriptor, "FontFile2", ref(data));
    return ref(descriptor);
}

PdfReference add_font(PdfFile& file, const PdfFont& font) {
    PdfObject system{PdfDictionary()};
    set(system, "Registry", PdfObject(PdfString("Adobe")));
    set(system, "Ordering", PdfObject(PdfString("Identity")));
    set(system, "Supplement", integer(0));
    PdfArray widths;
    for (const int width : font.widths) append(widths, integer(width));

    PdfObject& descendant = file.add("Font");
    set(descendant, "Subtype", name("CIDFontType2"));
    set(descendant, "BaseFont", name(font.name));
    set(descendant, "CIDSystemInfo", system);
    set(descendant, "FontDescriptor", add_descriptor(file, font));
    set(descendant, "W", array_of({integer(0), PdfObject(widths)}));
    set(descendant, "CIDToGIDMap", name("Identity"));

    PdfObject& to_unicode = file.add(nullptr);
    PdfFile::set_stream(to_unicode, font.to_unicode);

    PdfObject& composite = file.add("Font");
    set(composite, "Subtype", name("Type0"));
    set(composite, "BaseFont", name(font.name));
    set(composite, "Encoding", name("Identity-H"));
    set(composite, "DescendantFonts", array_of({PdfObject(ref(descendant))}));
    set(composite, "ToUnicode", ref(to_unicode));
    return ref(composite);
}

PdfReference add_page(PdfFile& file, const PdfDocumentParts& parts, const PdfReference& pages) {
    PdfObject fonts{PdfDictionary()};
    for (std::size_t i = 0; i < parts.fonts.size(); ++i) {
        set(fonts, formatted("F{}", i).c_str(), add_font(file, parts.fonts[i]));
    }
    PdfObject resources{PdfDictionary()};
    set(resources, "Font", fonts);

    PdfObject& content = file.add(nullptr);
    PdfFile::set_stream(content, parts.content);

    PdfObject& page = file.add("Page");
    set(page, "Parent", pages);
    set(page, "MediaBox", array_of({integer(0), integer(0), real(parts.width), real(parts.height)}));
    set(page, "Resources", resources);
    set(page, "Contents", ref(content));
    return ref(page);
}

std::string write(const PdfDocumentParts& parts) {
    PdfFile file;
    PdfObject& pages = file.add("Pages");
    set(pages, "Kids", array_of({PdfObject(add_page(file, parts, ref(pages)))}));
    set(pages, "Count", integer(1));

    PdfObject preferences{PdfDictionary()};
    set(preferences, "DisplayDocTitle", PdfObject(true));
    set(file.catalog(), "Pages", ref(pages));
    set(file.catalog(), "Lang", PdfObject(PdfString(parts.language.c_str())));
    set(file.catalog(), "ViewerPreferences", preferences);

    PdfObject& information = file.add(nullptr);
    set(information, "Title", text(parts.title));
    set(information, "Author", text(parts.author));
    set(information, "Subject", text(parts.subject));
    set(information, "Producer", text(parts.producer));
    set(information, "CreationDate", PdfObject(PdfString(parts.date.c_str())));
    set(information, "ModDate", PdfObject(PdfString(parts.date.c_str())));
    return file.write(information);
}

}  // namespace

Result<std::string> write_pdf(const PdfDocumentParts& parts) {
    constexpr std::string_view operation = "ticket.pdf";
    try {
        return write(parts);
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const PoDoFo::PdfError& error) {  // no std::exception in 0.9
#if PODOFO_VERSION < PODOFO_MAKE_VERSION(0, 10, 0)
        if (error.GetError() == PoDoFo::ePdfError_OutOfMemory) throw std::bad_alloc();
        return fail(Errc::internal, operation, formatted("PoDoFo error {}", static_cast<int>(error.GetError())));
#else
        if (error.GetCode() == PoDoFo::PdfErrorCode::OutOfMemory) throw std::bad_alloc();
        return fail(Errc::internal, operation, formatted("PoDoFo error {}", static_cast<int>(error.GetCode())));
#endif
    } catch (const std::exception& error) {
        return fail(Errc::internal, operation, error.what());
    }
}

}  // namespace ticketbottle::ticket
