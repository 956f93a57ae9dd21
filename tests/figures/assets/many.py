# Makes a folder of so many files that refer to each other, and one with a hundred thousand references: many.py FOLDER FILES
import os
import random
import sys

root, count = sys.argv[1], int(sys.argv[2])
random.seed(7)
scripts, styles, images = count * 6 // 10, count // 10, count * 2 // 10
pages = count - scripts - styles - images - 1


def write(path, text):
    path = os.path.join(root, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def script(at):
    return f"js/{at % 100}/chunk-{at}.js"


def image(at):
    return f"img/{at % 50}/picture-{at}.svg"


for at in range(scripts):
    others = [random.randrange(scripts) for _ in range(4)]
    imports = "".join(f'import"../../{script(other)}";' for other in others[:3] if other > at)
    lazy = f'export const go=()=>import("../../{script(others[3])}");'
    picture = f'export const at=new URL("../../{image(random.randrange(images))}",import.meta.url).href;'
    write(script(at), imports + lazy + picture + f'export const name="part {at} of {scripts}",list=[{",".join(map(str, range(40)))}];')
for at in range(images):
    write(image(at), f'<svg xmlns="http://www.w3.org/2000/svg"><rect width="{at}" height="8"/></svg>')
for at in range(styles):
    write(f"css/style-{at}.css", f".a{at}{{background:url(../{image(at)})}}.b{at}{{background:url(../{image(random.randrange(images))})}}")
for at in range(pages):
    write(
        f"pages/{at}/index.html",
        f'<!DOCTYPE html><title>{at}</title><link rel=stylesheet href=../../css/style-{at % styles}.css>'
        f'<script type=module src=../../{script(at)}></script><img src="/{image(at % images)}"><a href=../{(at + 1) % pages}/>next</a>',
    )
many = "".join(f'<img src="/{image(at % images)}">' for at in range(100_000))
write("index.html", f"<!DOCTYPE html><title>many</title>{many}")
