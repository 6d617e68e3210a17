print("hello", __name__)
def main():
    return 5
if __name__ == "__main__":
    print(main())
