// Templates, virtual functions and static objects, without exceptions.
#include <stddef.h>

void operator delete(void *) noexcept {}
void operator delete(void *, size_t) noexcept {}
extern "C" void __cxa_pure_virtual() { for (;;) { } }
extern "C" int __aeabi_atexit(void *, void (*)(void *), void *) { return 0; }
extern "C" void *__dso_handle;
void *__dso_handle;
extern "C" void *memset(void *to, int byte, size_t n)
{
    for (volatile char *c = static_cast<char *>(to); n--; )
        *c++ = static_cast<char>(byte);
    return to;
}

template <typename T, size_t N> class Ring {
public:
    bool push(T item)
    {
        if (count == N)
            return false;
        items[(first + count++) % N] = item;
        return true;
    }
    T pop()
    {
        T item = items[first];
        first = (first + 1) % N;
        count--;
        return item;
    }
    size_t length() const { return count; }

private:
    T items[N] {};
    size_t first = 0, count = 0;
};

namespace shapes {

class Shape {
public:
    virtual ~Shape() {}
    virtual const char *name() const = 0;
    virtual float area() const { return 0.0f; }
    virtual int corners() const { return 0; }
};

class Square : public Shape {
public:
    explicit Square(float side) : side(side) {}
    const char *name() const override { return "square"; }
    float area() const override { return side * side; }
    int corners() const override { return 4; }

private:
    float side;
};

class Circle : public Shape {
public:
    explicit Circle(float radius) : radius(radius) {}
    const char *name() const override { return "circle"; }
    float area() const override { return radius * radius * 3.14159265f; }

private:
    float radius;
};

class Hexagon final : public Square {
public:
    explicit Hexagon(float side) : Square(side) {}
    const char *name() const override { return "hexagon, a shape of six"; }
    float area() const override { return Square::area() * 2.598076f; }
    int corners() const override { return 6; }
};

}

static shapes::Square square(2.0f);
static shapes::Circle circle(1.5f);
static shapes::Hexagon hexagon(1.0f);
static Ring<const shapes::Shape *, 8> waiting;
static Ring<unsigned char, 32> bytes;
static Ring<double, 4> doubles;
volatile float total;
const char *volatile last;

template <typename T> __attribute__((noinline)) static float sum(Ring<T, 32> &ring)
{
    float all = 0;
    while (ring.length())
        all += static_cast<float>(ring.pop());
    return all;
}

extern "C" int main()
{
    waiting.push(&square);
    waiting.push(&circle);
    waiting.push(&hexagon);
    int corners = 0;
    while (waiting.length()) {
        const shapes::Shape *shape = waiting.pop();
        last = shape->name();
        total = total + shape->area();
        corners += shape->corners();
        bytes.push(static_cast<unsigned char>(corners));
        doubles.push(static_cast<double>(total));
    }
    total = total + sum(bytes) + static_cast<float>(doubles.pop());
    return corners;
}
